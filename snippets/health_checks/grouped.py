"""A health check in a concurrency group of its own."""

import ray

from snippets.health_checks import behind
from snippets.health_checks.behind import work


@ray.remote(concurrency_groups={"health": 1})
class PollerWithGroup:
    """Works on one job after the other, and answers on a thread."""

    def __init__(self, store):
        self.store = store
        self.working_on = None
        self.done = 0

    async def run(self):
        while True:
            job = await self.store.claim.remote()
            self._process(job)
            await self.store.finish.remote(job)

    def _process(self, job):
        self.working_on = job
        work()
        self.done += 1
        self.working_on = None

    @ray.method(concurrency_group="health")
    async def check(self):
        return self.working_on

    @ray.method(concurrency_group="health")
    async def progress(self):
        return self.done


if __name__ == "__main__":
    behind.main(PollerWithGroup)
