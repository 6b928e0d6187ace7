"""A board that parks a call until there is news, or for long."""

import asyncio
import random
from collections import defaultdict
from uuid import uuid4

import ray

from snippets.long_polling import following


@ray.remote
class JobBoard:
    """Knows the states of jobs, and tells of each that changes."""

    def __init__(self, shortest=30, longest=60):
        self.seconds = shortest, longest  # a call is parked
        self.snapshots = defaultdict(lambda: (None, None))
        self.parked = defaultdict(set)
        self.answered = 0

    async def listen(self, known):
        """Return the jobs with another snapshot than the known."""
        if not self._news(known):
            await self._park(known)
        self.answered += 1
        return self._news(known)

    async def _park(self, jobs):
        woken = asyncio.Event()
        for job in jobs:
            self.parked[job].add(woken)
        try:
            async with asyncio.timeout(random.uniform(*self.seconds)):
                await woken.wait()
        except TimeoutError:
            pass  # no news: the client asks again
        finally:
            for job in jobs:
                self.parked[job].discard(woken)

    def _news(self, known):
        return {
            job: self.snapshots[job]
            for job, snapshot in known.items()
            if self.snapshots[job][0] != snapshot
        }

    async def post(self, job, state):
        self.snapshots[job] = uuid4().hex, state
        for woken in self.parked[job]:
            woken.set()

    async def progress(self):
        return self.answered

    async def count_parked(self, job):
        return len(self.parked[job])


if __name__ == "__main__":
    following.main(JobBoard)
