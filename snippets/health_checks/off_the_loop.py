"""Work on a thread, which leaves the loop to the health check."""

import asyncio

import ray

from snippets.health_checks import behind
from snippets.health_checks.behind import work


@ray.remote
class PollerOffTheLoop:
    """Works on a thread, and answers on the loop."""

    def __init__(self, store):
        self.store = store
        self.working_on = None
        self.done = 0

    async def run(self):
        while True:
            job = await self.store.claim.remote()
            await self._process(job)
            await self.store.finish.remote(job)

    async def _process(self, job):
        self.working_on = job
        await asyncio.to_thread(work)
        self.done += 1
        self.working_on = None

    async def check(self):
        return self.working_on


if __name__ == "__main__":
    behind.main(PollerOffTheLoop)
