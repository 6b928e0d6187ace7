"""An actor is killed with a job in hand, and the job comes back."""

import asyncio

import ray

from snippets.queue_in_a_database.process_queue import Poller
from snippets.queue_in_a_database.stores import (
    database_url,
    job_store,
)


# region driver
@ray.remote
class StuckPoller(Poller):
    """Never comes to the end of its first job."""

    async def _process(self, job):
        self.job = job
        await asyncio.Event().wait()

    async def has_job(self):
        return hasattr(self, "job")


async def kill_one(url, lease):
    """Return how many of eight jobs get done all the same."""
    store = job_store(url, "driver")
    await store.create()
    for job in range(1, 9):
        await store.put(job)

    stuck = StuckPoller.remote(job_store(url, "one", lease=lease))
    stuck.run.remote()
    while not await stuck.has_job.remote():
        await asyncio.sleep(0.01)
    ray.kill(stuck)

    done = 0
    other = job_store(url, "two", fallback=0.1)
    poller = ray.remote(Poller).remote(other)
    running = poller.run.remote()
    while done < (8 if lease < 60 else 7):
        await asyncio.sleep(0.05)
        done = await store.done()
    await poller.stop.remote()
    await running
    left = await store.in_hand()
    await store.close()
    return f"{done} of 8 done, {left} in hand"


def main():
    for lease in (0.5, 3600):
        with database_url() as url:
            result = asyncio.run(kill_one(url, lease))
        print(f"a lease of {lease} s: {result}")


if __name__ == "__main__":
    main()
# endregion driver
