"""A loop that has died in an actor that goes on answering."""

import ray

from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class FragilePollingActor:
    """Polls the data store until it meets an item it cannot process."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None

    async def run(self):
        while True:
            data = await self.data_store_actor.fetch.remote()
            self._process(data)

    def _process(self, data):
        if data == "item 3":
            raise ValueError(f"cannot process {data}")
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    async def other_task(self):
        return self.last_processed


# region driver
def main():
    poller = FragilePollingActor.remote(DataStore.remote())
    polling = poller.run.remote()
    ended, _ = ray.wait([polling], timeout=30)
    answer = ray.get(poller.other_task.remote(), timeout=30)
    print(f"other_task still answers: {answer}")
    try:
        ray.get(ended)
    except ray.exceptions.RayTaskError as error:
        print(f"but run is dead: {error.cause}")


if __name__ == "__main__":
    main()
# endregion driver
