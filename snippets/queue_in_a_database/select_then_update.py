"""A claim in two steps: what happens between them."""

import asyncio
import contextlib
import tempfile

from snippets.queue_in_a_database.sqlite_store import SqliteJobStore

# region careless
LOOK = """
SELECT job FROM queue_jobs
WHERE NOT done AND owner IS NULL ORDER BY job LIMIT 1
"""
TAKE = "UPDATE queue_jobs SET owner = ? WHERE job = ?"


class CarelessJobStore(SqliteJobStore):
    """Looks for a job first, and takes it afterwards."""

    between = None  # what others do meanwhile: see race

    async def claim(self):
        jobs = await self._ask(LOOK)
        await self.between()
        if not jobs:
            return None
        await self._ask(TAKE, self.owner, jobs[0])
        return jobs[0]


# endregion careless


async def work(store, runs):
    async with contextlib.aclosing(store):
        while (job := await store.claim()) is not None:
            runs.append(job)
            await store.finish(job)


async def race(kind, url):
    """Let two pollers work; return which jobs were run."""
    stores = [kind(url, owner) for owner in ("one", "two")]
    await stores[0].create()
    for job in range(1, 9):
        await stores[0].put(job)
    both = asyncio.Barrier(2)
    for store in stores:  # the worst case: both have looked
        store.between = both.wait
    runs = []
    await asyncio.gather(*(work(store, runs) for store in stores))
    return runs


def main():
    for kind in (CarelessJobStore, SqliteJobStore):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/jobs.db"
            runs = asyncio.run(race(kind, url))
        print(f"{kind.__name__}: {len(runs)} runs of 8 jobs")


if __name__ == "__main__":
    main()
