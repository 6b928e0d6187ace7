"""A supervisor that sees why a loop failed, and starts it anew."""

import asyncio

import ray

from snippets.restarts_and_supervision.job_store import (
    JobStore,
    report,
    wait_for_job,
)
from snippets.restarts_and_supervision.retried import Poller


async def supervise(poller, pause=0.1, longest=30):
    """Run a loop until it returns; after an error, pause longer."""
    while True:
        try:
            return await poller.run.remote()
        except ray.exceptions.RayError as error:
            cause = getattr(error, "cause", error)
            print(f"{cause!r}: again in {pause} s")
        await asyncio.sleep(pause)
        pause = min(2 * pause, longest)


# region driver
async def work(job):
    if job == 3:
        raise ValueError(f"cannot process {job}")


async def oversee(poller, store):
    supervising = asyncio.create_task(supervise(poller))
    await asyncio.to_thread(wait_for_job, 5, "finished", store)
    await poller.stop.remote()
    await supervising


def main():
    store = JobStore.remote(jobs=5)
    poller = Poller.remote(store, work)
    asyncio.run(oversee(poller, store))
    report(store)


if __name__ == "__main__":
    main()
# endregion driver
