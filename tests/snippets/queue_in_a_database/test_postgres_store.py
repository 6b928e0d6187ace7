"""What PostgreSQL does for the job store: rows that are skipped, and news."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import asyncpg

from snippets.queue_in_a_database.postgres_store import CLAIM, FINISH, PostgresJobStore
from snippets.queue_in_a_database.process_queue import Poller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JOBS = 40
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
"""
END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""


async def _until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110 - of a database
            await asyncio.sleep(0.01)


def test_a_claim_skips_the_row_that_another_is_claiming(dsn: str) -> None:
    """It gets the next job at once, where plain FOR UPDATE waits until the other has committed."""

    async def run() -> None:
        store = PostgresJobStore(dsn, "driver", lease=3600)
        await store.create()
        for job in range(1, JOBS + 4):
            await store.put(job)
        slow, waiting = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        claiming = slow.transaction()
        await claiming.start()
        assert await slow.fetchval(CLAIM, "slow", 3600.0, 3) == 1
        assert await asyncio.wait_for(store.claim(), 30) == 2
        blocking = CLAIM.replace("SKIP LOCKED", "")
        blocked = asyncio.create_task(waiting.fetchval(blocking, "waiting", 3600.0, 3))
        watcher = await asyncpg.connect(dsn)
        await _until(lambda: watcher.fetchval(BLOCKED))
        assert not blocked.done()
        await claiming.commit()
        assert await blocked == 3

        claimed = await asyncio.gather(*(_claim_all(dsn, str(number)) for number in range(4)))
        assert sorted(chain(*claimed)) == [*range(4, JOBS + 4)]
        for connection in (slow, waiting, watcher):
            await connection.close()
        await store.aclose()

    asyncio.run(run())


async def _claim_all(dsn: str, owner: str) -> list[int]:
    store, claimed = PostgresJobStore(dsn, owner, lease=3600), []
    while (job := await store.claim()) is not None:
        claimed.append(job)
    await store.aclose()
    return claimed


class _CountingJobStore(PostgresJobStore):
    """Notes what it asks of the server."""

    def __init__(self, url: str, owner: str) -> None:
        super().__init__(url, owner, fallback=3600)
        self.asked: list[str] = []

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        self.asked.append(query)
        return list(await super()._fetch(query, *arguments))


def test_a_poller_holds_a_connection_and_asks_twice_for_each_job(dsn: str) -> None:
    """It claims and finishes each, and keeps one connection, also when it has nothing to do."""

    async def run() -> None:
        store = PostgresJobStore(dsn, "driver")
        await store.create()
        for job in range(JOBS):
            await store.put(job)
        pollers = [Poller(_CountingJobStore(dsn, str(number))) for number in range(3)]
        running = [asyncio.create_task(poller.run()) for poller in pollers]
        await _until(partial(_done, store, JOBS))
        for poller in pollers:
            await _until(partial(_idle, poller, 1))
        assert await store._ask(CONNECTIONS) == [1 + len(pollers)]  # noqa: SLF001 - no page shows it
        for poller in pollers:
            await poller.stop()
        await asyncio.gather(*running)
        for poller in pollers:
            asked = Counter(poller.store.asked)
            assert asked == Counter({CLAIM: poller.claims, FINISH: poller.processed})
        assert sum(poller.processed for poller in pollers) == JOBS
        assert await store._ask(CONNECTIONS) == [1]  # noqa: SLF001 - as above
        await store.aclose()

    asyncio.run(run())


class _DeafJobStore(PostgresJobStore):
    """Hears nothing of the end of its connection."""

    async def _connect(self) -> asyncpg.Connection:
        connection = await super()._connect()
        connection.remove_termination_listener(self._wake)
        return connection


def test_a_poller_that_lost_its_listener_looks_once_and_listens_again(dsn: str) -> None:
    """One that does not hear of the loss hears of no job either, and asyncpg raises nothing."""

    async def run() -> None:
        store = PostgresJobStore(dsn, "driver")
        await store.create()
        kinds = PostgresJobStore, _DeafJobStore
        good, deaf = pollers = [Poller(kind(dsn, "poller", fallback=3600)) for kind in kinds]
        running = [asyncio.create_task(poller.run()) for poller in pollers]
        await _until(lambda: _idle(good, 1))
        await _until(lambda: _idle(deaf, 1))

        await store._ask(END_THE_OTHERS)  # noqa: SLF001 - no page shows it
        await _until(lambda: _idle(good, 2))  # it looked: the end of its connection was news
        await _until(lambda: _is_closed(deaf))
        for job in (1, 2):
            await store.put(job)
            await _until(partial(_done, store, job))
        assert good.processed == 2
        assert (deaf.claims, deaf.processed) == (1, 0)
        assert not any(task.done() for task in running)

        for poller in pollers:
            await poller.stop()
        await asyncio.gather(*running)
        await store.aclose()

    asyncio.run(run())


async def _idle(poller: Poller, claims: int) -> bool:
    return bool(poller.claims >= claims and not poller.in_hand.locked())


async def _is_closed(poller: Poller) -> bool:
    return bool(poller.store.connection.is_closed())


async def _done(store: PostgresJobStore, jobs: int) -> bool:
    return bool(await store.done() == jobs)
