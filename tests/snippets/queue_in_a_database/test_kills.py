"""What kills at random moments do to a queue, and to the effects of its jobs."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.queue_in_a_database.effects import EffectJobStore
from snippets.queue_in_a_database.process_queue import Poller
from tests.support import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.postgres import Server

KILLS = {"server": 30, "worker": 10, "actor": 10}
SEED = 20
WAITING_JOBS = 8
"""So many jobs wait at least when something is killed."""


@pytest.fixture
def mortal_server(postgres_server: Server, tmp_path: Path) -> Iterator[Server]:
    """Give a server that no other test uses, where the run's own could start."""
    del postgres_server
    with postgres.shared(tmp_path) as server:
        yield server


class BusyPoller(Poller):
    """Has two effects, works for a moment, and has the third with the end of its job."""

    async def _process(self, job: int) -> None:
        await self.store.have_effects(job)
        await asyncio.sleep(0.02)

    async def pid(self) -> int:
        """Return the process to kill."""
        return os.getpid()


@pytest.mark.timeout(300)  # it kills until it has killed enough, also beside busy neighbours
def test_fifty_kills_lose_no_job(mortal_server: Server, measure: Callable[..., None]) -> None:
    """Of workers, actors and the server; effects that are not tied to the job may come twice."""
    seen = asyncio.run(asyncio.wait_for(_kill(mortal_server), 240))
    measure("kills", "kills", [sum(KILLS.values())])
    measure("kills of the server", "kills", [KILLS["server"]])
    measure("jobs put", "jobs", [seen["jobs"]])
    measure("jobs lost", "jobs", [seen["jobs"] - seen["done"]])
    for kind in ("plain", "keyed", "with finish"):
        assert seen[f"jobs with {kind}"] == seen["jobs"]
        measure(f"effects twice, {kind}", "effects", [seen[kind] - seen["jobs"]])
    assert seen["done"] == seen["jobs"]
    assert seen["plain"] >= seen["jobs"]
    assert seen["keyed"] == seen["with finish"] == seen["jobs"]


async def _kill(server: Server) -> dict[str, int]:
    chance = random.Random(SEED)  # noqa: S311 - no secret depends on it
    store = EffectJobStore(server.dsn(), "driver")
    await store.create()
    options = {"lease": 3, "most_tries": 1_000_000, "fallback": 0.1}
    kind = ray.remote(BusyPoller).options(max_restarts=-1, max_task_retries=-1)
    pollers: list[Any] = [
        kind.remote(EffectJobStore(server.dsn(), f"poller {number}", **options))
        for number in range(4)
    ]
    running = [poller.run.remote() for poller in pollers]
    kills = [each for each, times in KILLS.items() for _ in range(times)]
    chance.shuffle(kills)
    jobs = 0
    killed: dict[Any, int] = {}
    for kill in kills:
        while jobs < await store.done() + WAITING_JOBS:
            jobs += 1
            await store.put(jobs)
        await asyncio.sleep(chance.uniform(0, 0.1))
        if kill == "server":
            await _kill_server(server, killed)
        else:
            pollers.append(pollers.pop(chance.randrange(2)))  # the others are back, more likely
            await _kill_poller(pollers[-1], kill, killed)
    while await store.done() < jobs:  # noqa: ASYNC110 - of a database
        await asyncio.sleep(0.05)
    assert not ray.wait(running, timeout=0)[0]
    seen = {"jobs": jobs, "done": await store.done()}
    for each in ("plain", "keyed", "with finish"):
        query = "SELECT count(DISTINCT job) FROM queue_effects WHERE kind = $1"
        (seen[f"jobs with {each}"],) = await store._ask(query, each)  # noqa: SLF001 - no page shows it
        seen[each] = await store.count(each)
    for poller in pollers:
        ray.kill(poller)
    await store.aclose()
    return seen


async def _kill_server(server: Server, killed: dict[Any, int]) -> None:
    """Kill it when it is back from the last time; its holder starts it again."""
    while (pid := server.pid) in {0, killed.get(server)}:  # noqa: ASYNC110 - it does not tell
        await asyncio.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    killed[server] = pid


async def _kill_poller(poller: Any, how: str, killed: dict[Any, int]) -> None:
    """Kill it when it is back from the last time; Ray starts it, and calls its `run`, again."""
    while (pid := await poller.pid.remote()) == killed.get(poller):  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.01)
    if how == "worker":
        os.kill(pid, signal.SIGKILL)
    else:
        ray.kill(poller, no_restart=False)
    killed[poller] = pid
