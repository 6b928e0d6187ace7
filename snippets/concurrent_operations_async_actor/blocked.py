"""A polling loop that never gives its actor's thread back."""

import ray

from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class LongPollingActor:
    """Polls the data store on the only thread that it has."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None

    def run(self):
        while True:
            data = ray.get(self.data_store_actor.fetch.remote())
            self._process(data)

    def _process(self, data):
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    def other_task(self):
        return self.last_processed


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = LongPollingActor.remote(data_store_actor)
    polling = ask_while_polling(poller, data_store_actor)
    ray.kill(poller)  # it would hear nothing else
    ray.wait([polling])  # until it is gone


if __name__ == "__main__":
    main()
# endregion driver
