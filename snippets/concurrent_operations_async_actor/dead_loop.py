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

    async def other_task(self):
        return self.last_processed


# region driver
def main():
    poller = FragilePollingActor.remote(DataStore.remote())
    polling = poller.run.remote()
    ray.wait([polling], timeout=30)  # for the third item
    answer = ray.get(poller.other_task.remote(), timeout=30)
    print(f"other_task still answers: {answer}")
    try:
        ray.get(polling, timeout=30)
    except ray.exceptions.RayTaskError as error:
        print(f"but run is dead: {error.cause}")


if __name__ == "__main__":
    main()
# endregion driver
