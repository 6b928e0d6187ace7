"""A loop that is asked to stop, and first finishes its item."""

import ray

from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class StoppablePollingActor:
    """Polls the data store in one loop, until it is told to stop."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None
        self.polling = False
        self.stopping = False

    async def run(self):
        if self.polling:
            raise RuntimeError("run is polling already")
        self.polling = True
        try:
            while not self.stopping:
                data = await self.data_store_actor.fetch.remote()
                self._process(data)
        finally:
            self.polling = self.stopping = False
        return self.last_processed

    def _process(self, data):
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    async def other_task(self):
        return self.last_processed

    async def stop(self):
        self.stopping = self.polling  # else there is nothing to stop


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = StoppablePollingActor.remote(data_store_actor)
    polling = ask_while_polling(poller, data_store_actor)
    ray.get(poller.stop.remote(), timeout=30)
    last = ray.get(polling, timeout=30)
    print(f"run has returned after {last}")
    fetched, _ = ray.get(data_store_actor.count.remote())
    print(f"items fetched: {fetched}")


if __name__ == "__main__":
    main()
# endregion driver
