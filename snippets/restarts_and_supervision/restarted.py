"""A crash: the actor comes back, and its loop does not."""

import asyncio
import tempfile

import ray

from snippets.restarts_and_supervision.crashing import crash_once
from snippets.restarts_and_supervision.job_store import (
    JobStore,
    report,
)


@ray.remote(max_restarts=-1)
class Poller:
    """Polls for ever, and counts its turns."""

    def __init__(self, store, work, pause=0.1):
        self.store = store
        self.work = work
        self.pause = pause
        self.turns = 0
        self.stopping = asyncio.Event()

    async def run(self):
        me = ray.get_runtime_context().get_actor_id()
        while not self.stopping.is_set():
            self.turns += 1
            job = await self.store.claim.remote(me)
            if job is None:
                await asyncio.sleep(self.pause)
            else:
                await self._process(job)

    async def _process(self, job):
        await self.work(job)
        await self.store.finish.remote(job)

    async def progress(self):
        return self.turns

    async def stop(self):
        self.stopping.set()


# region driver
def main():
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore.remote(jobs=5)
        poller = Poller.remote(store, crash_once(3, folder))
        polling = poller.run.remote()
        try:
            ray.get(polling, timeout=60)
        except ray.exceptions.RayActorError:
            print("the process of the actor is gone, and run with it")
        asking = poller.progress.options(max_task_retries=-1)
        turns = ray.get(asking.remote(), timeout=60)
        print("the actor is back, turns of its loop:", turns)
        report(store)


if __name__ == "__main__":
    main()
# endregion driver
