"""Ray's queue: a bound between processes."""

import time

import ray
from ray.util.queue import Queue

from snippets.queues_and_back_pressure.piling import (
    JobStore,
    start,
    wait_until_finished,
)


@ray.remote
class QueuePoller:
    """Takes its jobs out of a queue."""

    def __init__(self, queue, store):
        self.queue = queue
        self.store = store

    async def run(self):
        while True:
            job = await self.queue.get_async()
            await self.store.finish.remote(job)


def produce_into(queue, jobs):
    """Put the jobs into a queue, and wait while it is full."""
    for job in jobs:
        queue.put(job)


# region driver
def main():
    store = JobStore.remote()
    queue = Queue(maxsize=4)
    poller = QueuePoller.remote(queue, store)
    poller.run.remote()
    producers = start(produce_into, queue)
    waiting = 0
    while waiting < 4:
        time.sleep(0.05)
        waiting = queue.size()
    print(f"jobs in the full queue: {waiting} of 40")
    ray.get(store.open.remote())
    print(f"finished: {len(wait_until_finished(store, 40))}")
    for producer in producers:
        producer.join()


if __name__ == "__main__":
    main()
# endregion driver
