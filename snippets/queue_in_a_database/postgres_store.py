"""A job store in PostgreSQL: claims skip each other's rows."""

import asyncio
import logging

import asyncpg

TABLE = """
DROP TABLE IF EXISTS queue_jobs;
CREATE TABLE queue_jobs (
    job BIGINT PRIMARY KEY,
    tries INT NOT NULL DEFAULT 0,
    owner TEXT,
    lease_ends TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    done BOOL NOT NULL DEFAULT false
);
CREATE OR REPLACE FUNCTION queue_tell() RETURNS trigger AS
$$ BEGIN NOTIFY queue_jobs; RETURN NULL; END $$
LANGUAGE plpgsql;
CREATE TRIGGER queue_tell AFTER INSERT ON queue_jobs
FOR EACH STATEMENT EXECUTE FUNCTION queue_tell();
"""
PUT = """
INSERT INTO queue_jobs (job) VALUES ($1) ON CONFLICT DO NOTHING
"""
# region claim
CLAIM = """
UPDATE queue_jobs
SET tries = tries + 1, owner = $1,
    lease_ends = now() + make_interval(secs => $2)
WHERE job IN (
    SELECT job FROM queue_jobs
    WHERE NOT done AND tries < $3 AND lease_ends <= now()
    ORDER BY job
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING job
"""
# endregion claim
FINISH = """
UPDATE queue_jobs SET done = true
WHERE job = $1 AND owner = $2 AND NOT done
RETURNING job
"""
GIVE_BACK = """
UPDATE queue_jobs SET lease_ends = '-infinity'
WHERE job = $1 AND owner = $2 AND NOT done
"""
SET_ASIDE = """
SELECT job FROM queue_jobs
WHERE NOT done AND tries >= $1 AND lease_ends <= now()
ORDER BY job
"""
AWAY = (
    OSError,  # it does not run, or its machine is gone
    asyncpg.PostgresConnectionError,  # it broke meanwhile
    asyncpg.OperatorInterventionError,  # it starts, or stops
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.InternalClientError,  # or was about to close
)
log = logging.getLogger(__name__)


class PostgresJobStore:
    """The jobs of one database, for one poller named `owner`."""

    def __init__(self, url, owner, lease=30, most_tries=3, fallback=5):
        self.url = url
        self.owner = owner
        self.lease = lease  # seconds
        self.most_tries = most_tries
        self.fallback = fallback  # seconds
        self.news = asyncio.Event()
        self.connection = None
        self.one_at_a_time = asyncio.Lock()  # asyncpg wants that

    # region connection
    async def _connect(self):
        if self.connection is None or self.connection.is_closed():
            self.connection = await asyncpg.connect(self.url)
            self.connection.add_termination_listener(self._wake)
            await self.connection.add_listener("queue_jobs", self._wake)
        return self.connection

    def _wake(self, *_):
        self.news.set()  # a lost connection is news, too

    async def _ask(self, query, *arguments):
        async with self.one_at_a_time:
            while True:
                try:
                    return await self._fetch(query, *arguments)
                except AWAY as error:
                    log.warning("database away: %r", error)
                    if self.connection is not None:
                        self.connection.terminate()
                    await asyncio.sleep(0.1)  # until it is back

    async def _fetch(self, query, *arguments):
        connection = await self._connect()
        rows = await connection.fetch(query, *arguments)
        return [row[0] for row in rows]

    # endregion connection

    async def create(self):
        await (await self._connect()).execute(TABLE)

    async def put(self, job):
        await self._ask(PUT, job)

    async def claim(self):
        """Return the next job, or None."""
        arguments = self.owner, self.lease, self.most_tries
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
        WHERE NOT done AND lease_ends > now()
        """
        return (await self._ask(count))[0]

    async def set_aside(self):
        """Return the jobs that failed too often."""
        return await self._ask(SET_ASIDE, self.most_tries)

    async def aclose(self):
        if self.connection is not None:
            await self.connection.close()
