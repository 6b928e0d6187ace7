"""A loop that is asked to stop finishes its job, and returns."""

import asyncio
from contextlib import suppress

import ray

from snippets.stopping_cleanly.job_store import (
    JobStore,
    report,
    wait_for_claim,
)


@ray.remote
class Poller:
    """Polls until it is told to stop."""

    def __init__(self, store, work, pause=0.5):
        self.store = store
        self.work = work
        self.pause = pause
        self.finished = 0
        self.stopping = asyncio.Event()

    async def run(self):
        while not self.stopping.is_set():
            job = await self.store.claim.remote()
            if job is None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(
                        self.stopping.wait(), self.pause
                    )
            else:
                await self._process(job)
        self.stopping.clear()  # so that it can run again
        return self.finished

    async def _process(self, job):
        await self.work(job)
        await self.store.finish.remote(job)
        self.finished += 1

    async def progress(self):
        return self.finished

    async def stop(self):
        self.stopping.set()


# region deadline
def stop_or_kill(poller, polling, seconds):
    """Stop a poller, in time; tell whether it came to its end."""
    poller.stop.remote()
    ended, _ = ray.wait([polling], timeout=seconds)
    if not ended:
        ray.kill(poller)  # its job stays in hand
    return bool(ended)


# endregion deadline


# region driver
async def work(_job):
    await asyncio.sleep(0.5)


def main():
    store = JobStore.remote(jobs=3)
    poller = Poller.remote(store, work)
    polling = poller.run.remote()
    wait_for_claim(store)
    print("in time:", stop_or_kill(poller, polling, seconds=30))
    print("jobs that run has finished:", ray.get(polling))
    report(store)


if __name__ == "__main__":
    main()
# endregion driver
