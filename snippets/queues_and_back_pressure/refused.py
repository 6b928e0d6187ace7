"""A limit of pending calls: a full poller refuses at once."""

import asyncio

import ray
from ray.exceptions import PendingCallsLimitExceeded

from snippets.queues_and_back_pressure.piling import (
    JobStore,
    wait_until_finished,
)


@ray.remote(max_pending_calls=5)
class RefusingPoller:
    """Works on one job after the other; `add` lasts until then."""

    def __init__(self, store):
        self.store = store
        self.jobs = asyncio.Queue()

    async def run(self):
        while True:
            job, done = await self.jobs.get()
            await self.store.finish.remote(job)
            done.set()

    async def add(self, job):
        done = asyncio.Event()
        await self.jobs.put((job, done))
        await done.wait()


def produce_or_keep(poller, jobs):
    """Hand over what is taken; return the jobs that are refused."""
    kept = []
    for job in jobs:
        try:
            poller.add.remote(job)
        except PendingCallsLimitExceeded:
            kept.append(job)  # for later
    return kept


# region driver
def main():
    store = JobStore.remote()
    poller = RefusingPoller.remote(store)
    poller.run.remote()  # this call is pending as well
    kept = produce_or_keep(poller, range(40))
    taken = 40 - len(kept)
    print(f"taken while the store is shut: {taken} of 40")
    ray.get(store.open.remote())
    finished = wait_until_finished(store, taken)
    print(f"finished: {len(finished)}, kept: {len(kept)}")


if __name__ == "__main__":
    main()
# endregion driver
