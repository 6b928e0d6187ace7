"""A cancel ends the loop, and nobody finishes the job in hand."""

import asyncio

import ray

from snippets.stopping_cleanly.job_store import (
    JobStore,
    report,
    wait_for_claim,
)


@ray.remote
class Poller:
    """Polls for ever, and leaves it to others to end that."""

    def __init__(self, store, work, pause=0.5):
        self.store = store
        self.work = work
        self.pause = pause

    async def run(self):
        while True:
            job = await self.store.claim.remote()
            if job is None:
                await asyncio.sleep(self.pause)
            else:
                await self._process(job)

    async def _process(self, job):
        await self.work(job)
        await self.store.finish.remote(job)


# region driver
async def long_work(_job):
    await asyncio.sleep(60)  # the cancel comes long before


def main():
    store = JobStore.remote(jobs=3)
    poller = Poller.remote(store, long_work)
    polling = poller.run.remote()
    wait_for_claim(store)
    ray.cancel(polling, recursive=False)
    try:
        ray.get(polling, timeout=30)
    except ray.exceptions.TaskCancelledError:
        print("run is cancelled")
    report(store)


if __name__ == "__main__":
    main()
# endregion driver
