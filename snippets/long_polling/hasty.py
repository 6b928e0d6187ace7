"""A board that has an answer at once, and clients that ask again."""

from collections import defaultdict
from uuid import uuid4

import ray

from snippets.long_polling import following


@ray.remote
class HastyBoard:
    """Knows the states of jobs, and tells of each that changes."""

    def __init__(self):
        self.snapshots = defaultdict(lambda: (None, None))
        self.answered = 0

    async def listen(self, known):
        """Return the jobs with another snapshot than the known."""
        self.answered += 1
        return self._news(known)

    def _news(self, known):
        return {
            job: self.snapshots[job]
            for job, snapshot in known.items()
            if self.snapshots[job][0] != snapshot
        }

    async def post(self, job, state):
        self.snapshots[job] = uuid4().hex, state

    async def progress(self):
        return self.answered


if __name__ == "__main__":
    following.main(HastyBoard)
