"""A job store in a SQLite file: there is nothing to start."""

import asyncio
import time

import aiosqlite

TABLE = """
CREATE TABLE queue_jobs (
    job INTEGER PRIMARY KEY,
    tries INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    lease_ends REAL NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
)
"""
PUT = "INSERT OR IGNORE INTO queue_jobs (job) VALUES (?)"
CLAIM = """
UPDATE queue_jobs
SET tries = tries + 1, owner = ?, lease_ends = ?
WHERE job = (
    SELECT job FROM queue_jobs
    WHERE NOT done AND tries < ? AND lease_ends <= ?
    ORDER BY job LIMIT 1
)
RETURNING job
"""
FINISH = """
UPDATE queue_jobs SET done = 1
WHERE job = ? AND owner = ? AND NOT done
RETURNING job
"""
GIVE_BACK = """
UPDATE queue_jobs SET lease_ends = 0
WHERE job = ? AND owner = ? AND NOT done
"""
SET_ASIDE = """
SELECT job FROM queue_jobs
WHERE NOT done AND tries >= ? AND lease_ends <= ?
ORDER BY job
"""


class SqliteJobStore:
    """The jobs of one file, for one poller named `owner`."""

    def __init__(
        self, url, owner, lease=30, most_tries=3, fallback=0.05
    ):
        self.path = url.removeprefix("sqlite:///")
        self.owner = owner
        self.lease = lease  # seconds
        self.most_tries = most_tries
        self.fallback = fallback  # seconds: nobody tells of news
        self.news = asyncio.Event()
        self.connection = None

    async def _ask(self, query, *arguments):
        if self.connection is None:
            self.connection = await aiosqlite.connect(
                self.path, timeout=30, isolation_level=None
            )
            await self._ask("PRAGMA journal_mode = WAL")
        ask = self.connection.execute_fetchall
        return [row[0] for row in await ask(query, arguments)]

    async def create(self):
        await self._ask("DROP TABLE IF EXISTS queue_jobs")
        await self._ask(TABLE)

    async def put(self, job):
        await self._ask(PUT, job)

    async def claim(self):
        """Return the next job, or None."""
        now = time.time()
        arguments = self.owner, now + self.lease, self.most_tries, now
        claimed = await self._ask(CLAIM, *arguments)
        return claimed[0] if claimed else None

    async def finish(self, job):
        """Return whether it was still ours to finish."""
        return bool(await self._ask(FINISH, job, self.owner))

    async def give_back(self, job):
        await self._ask(GIVE_BACK, job, self.owner)

    async def done(self):
        count = "SELECT count(*) FROM queue_jobs WHERE done"
        return (await self._ask(count))[0]

    async def in_hand(self):
        count = """
        SELECT count(*) FROM queue_jobs
        WHERE NOT done AND lease_ends > ?
        """
        return (await self._ask(count, time.time()))[0]

    async def set_aside(self):
        """Return the jobs that failed too often."""
        return await self._ask(SET_ASIDE, self.most_tries, time.time())

    async def aclose(self):
        if self.connection is not None:
            await self.connection.close()
            self.connection = None
