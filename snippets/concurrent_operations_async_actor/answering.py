"""The same polling loop in an async actor, which still answers."""

import ray

from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class LongPollingActorAsync:
    """Polls the data store, and lets others run meanwhile."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None

    async def run(self):
        while True:
            data = await self.data_store_actor.fetch.remote()
            self._process(data)

    def _process(self, data):
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    async def other_task(self):
        return self.last_processed


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = LongPollingActorAsync.remote(data_store_actor)
    ask_while_polling(poller, data_store_actor)
    ray.kill(poller)  # else its loop would go on


if __name__ == "__main__":
    main()
# endregion driver
