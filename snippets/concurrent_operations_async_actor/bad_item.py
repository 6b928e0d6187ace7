"""A loop that an item which cannot be processed does not end."""

import ray

from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class LastingPollingActor:
    """Polls the data store, and sets bad items aside."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None
        self.set_aside = {}

    async def run(self):
        while True:
            data = await self.data_store_actor.fetch.remote()
            try:
                self._process(data)
            except Exception as error:
                self.set_aside[data] = str(error)  # the loop goes on

    def _process(self, data):
        if data == "item 3":
            raise ValueError(f"cannot process {data}")
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    async def other_task(self):
        return self.last_processed

    async def bad_items(self):
        return self.set_aside


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = LastingPollingActor.remote(data_store_actor)
    ask_while_polling(poller, data_store_actor)
    bad = ray.get(poller.bad_items.remote(), timeout=30)
    print(f"set aside: {bad}")
    ray.kill(poller)


if __name__ == "__main__":
    main()
# endregion driver
