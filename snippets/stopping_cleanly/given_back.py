"""A loop that is cancelled gives the job in hand back."""

import asyncio

import ray

from snippets.stopping_cleanly.cancelled import long_work
from snippets.stopping_cleanly.job_store import (
    JobStore,
    report,
    wait_for_claim,
)


@ray.remote
class Poller:
    """Polls for ever; a cancel costs no job."""

    def __init__(self, store, work, pause=0.5):
        self.store = store
        self.work = work
        self.pause = pause

    async def run(self):
        while True:
            claim = self.store.claim.remote()
            try:
                job = await claim
                if job is None:
                    await asyncio.sleep(self.pause)
                else:
                    await self.work(job)
            except asyncio.CancelledError:
                job = await claim  # if it was not here yet
                if job is not None:
                    await self.store.give_back.remote(job)
                raise
            if job is not None:
                await self.store.finish.remote(job)


# region driver
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
