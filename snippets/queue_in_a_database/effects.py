"""What a job does to the world, when the job may run twice."""

import asyncio
import os

import ray

from snippets.queue_in_a_database.postgres_store import (
    PostgresJobStore,
)
from snippets.queue_in_a_database.process_queue import Poller

# region effects
EFFECTS = """
CREATE TABLE queue_effects (
    kind TEXT NOT NULL, job BIGINT NOT NULL
);
CREATE UNIQUE INDEX queue_effects_once ON queue_effects (job)
WHERE kind = 'keyed';
"""
PLAIN = "INSERT INTO queue_effects VALUES ('plain', $1)"
KEYED = """
INSERT INTO queue_effects VALUES ('keyed', $1)
ON CONFLICT DO NOTHING
"""
FINISH_WITH_EFFECT = """
WITH finished AS (
    UPDATE queue_jobs SET done = true
    WHERE job = $1 AND owner = $2 AND NOT done
    RETURNING job
)
INSERT INTO queue_effects SELECT 'with finish', job FROM finished
RETURNING job
"""
# endregion effects


class EffectJobStore(PostgresJobStore):
    """Has three kinds of effect, to see which happens twice."""

    async def create(self):
        await super().create()
        connection = await self._connect()
        await connection.execute(
            f"DROP TABLE IF EXISTS queue_effects; {EFFECTS}"
        )

    async def have_effects(self, job):
        await self._ask(PLAIN, job)
        await self._ask(KEYED, job)

    async def finish(self, job):
        query = FINISH_WITH_EFFECT
        return bool(await self._ask(query, job, self.owner))

    async def count(self, kind):
        query = "SELECT job FROM queue_effects WHERE kind = $1"
        return len(await self._ask(query, kind))


class EffectPoller(Poller):
    async def _process(self, job):
        await self.store.have_effects(job)


@ray.remote
class StuckEffectPoller(EffectPoller):
    """Has the effects of a job, and never finishes it."""

    async def _process(self, job):
        await super()._process(job)
        await asyncio.Event().wait()


async def drive(url):
    store = EffectJobStore(url, "driver", fallback=0.1)
    await store.create()
    await store.put(1)
    one = EffectJobStore(url, "one", lease=0.5)
    stuck = StuckEffectPoller.remote(one)
    stuck.run.remote()
    effects = 0
    while not effects:
        await asyncio.sleep(0.01)
        effects = await store.count("keyed")
    ray.kill(stuck)

    poller = EffectPoller(store)  # the driver does the rest
    running = asyncio.create_task(poller.run())
    done = 0
    while not done:
        await asyncio.sleep(0.05)
        done = await store.done()
    for kind in ("plain", "keyed", "with finish"):
        print(f"{kind}: {await store.count(kind)}")
    await poller.stop()
    await running  # closes the store, too


def main():
    asyncio.run(drive(os.environ["DATABASE_URL"]))


if __name__ == "__main__":
    main()
