"""An actor is killed with a job in hand, and the job comes back."""

import asyncio
import contextlib

import ray

from snippets.queue_in_a_database.process_queue import Poller
from snippets.queue_in_a_database.stores import (
    database_url,
    job_store,
)


@ray.remote
class StuckPoller(Poller):
    """Never comes to the end of its first job."""

    job = None

    async def _process(self, job):
        self.job = job
        await asyncio.Event().wait()

    async def job_in_hand(self):
        return self.job


async def drive(url, store):
    await store.create()
    for job in range(1, 9):
        await store.put(job)

    for lease in (3600, 0.5):  # seconds
        name = f"lease of {lease} s"
        stuck = StuckPoller.remote(job_store(url, name, lease=lease))
        stuck.run.remote()
        job = None
        while not job:
            await asyncio.sleep(0.01)
            job = await stuck.job_in_hand.remote()
        ray.kill(stuck)
        print(f"killed with job {job} in hand, {name}")

    poller = Poller(store)  # the driver does the rest
    running = asyncio.create_task(poller.run())
    done = 0
    while done < 7:
        await asyncio.sleep(0.05)
        done = await store.done()
    print(f"done: {done} of 8, in hand: {await store.in_hand()}")
    await poller.stop()
    await running


async def main():
    with database_url() as url:
        store = job_store(url, "driver", fallback=0.1)
        async with contextlib.aclosing(store):
            await drive(url, store)


if __name__ == "__main__":
    asyncio.run(main())
