"""A polling loop that never gives its actor's thread back."""

import time

import ray

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

    def other_task(self):
        return self.last_processed


# region driver
def wait_for_items(count, data_store_actor, polling, seconds=30):
    """Wait until the store has handed out `count` more items."""
    fetched = ray.get(data_store_actor.count_fetched.remote())
    goal = fetched + count
    deadline = time.monotonic() + seconds
    while fetched < goal:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{fetched} items, and no more come")
        ended, _ = ray.wait([polling], timeout=0.05)
        ray.get(ended)  # the loop's error, if it died of one
        fetched = ray.get(data_store_actor.count_fetched.remote())
    return fetched


def ask_while_polling(poller, data_store_actor):
    """Ask for other_task between two signs of life of the loop."""
    polling = poller.run.remote()
    fetched = wait_for_items(2, data_store_actor, polling)
    print(f"run is polling: {fetched} items fetched")
    try:
        answer = ray.get(poller.other_task.remote(), timeout=2)
        print(f"other_task answered: {answer}")
    except ray.exceptions.GetTimeoutError as error:
        print(f"other_task did not answer: {error!r}")
    fetched = wait_for_items(2, data_store_actor, polling)
    print(f"run is still polling: {fetched} items fetched")
    return polling


def main():
    data_store_actor = DataStore.remote()
    poller = LongPollingActor.remote(data_store_actor)
    ask_while_polling(poller, data_store_actor)
    ray.kill(poller)  # it would hear nothing else


if __name__ == "__main__":
    main()
# endregion driver
