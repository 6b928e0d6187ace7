"""A queue with a bound, and producers that wait for a place."""

import asyncio

import ray

from snippets.queues_and_back_pressure.piling import most_held


@ray.remote
class BoundedPoller:
    """Works on one job after the other, and counts what it holds."""

    def __init__(self, store):
        self.store = store
        self.jobs = asyncio.Queue(maxsize=4)
        self.held = self.most = 0

    async def run(self):
        while True:
            job = await self.jobs.get()
            await self._process(job)

    async def add(self, job):
        self.held += 1
        self.most = max(self.most, self.held)
        await self.jobs.put(job)  # waits while the queue is full

    async def _process(self, job):
        await self.store.finish.remote(job)
        self.held -= 1

    async def progress(self):
        return self.held, self.most


def produce_and_wait(poller, jobs):
    """Wait until a job has its place before the next is made."""
    for job in jobs:
        ray.get(poller.add.remote(job))


# region driver
def main():
    # four in the queue, one in hand, and a call of each producer
    most = most_held(BoundedPoller, produce_and_wait, full=4 + 1 + 2)
    print(f"most jobs held at once: {most} of 40")


if __name__ == "__main__":
    main()
# endregion driver
