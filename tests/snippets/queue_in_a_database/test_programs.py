"""What the programs of the page print."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.queue_in_a_database import process_queue
from snippets.queue_in_a_database.killed import StuckPoller
from snippets.queue_in_a_database.process_queue import Poller
from snippets.queue_in_a_database.stores import job_store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from livesnippets.evidence.recording import Recording

pytestmark = pytest.mark.timeout(180)  # workers start slowly beside busy neighbours
FOLDER = "snippets.queue_in_a_database"


def test_pollers_share_the_jobs_of_two_feeders_and_heed_a_pause(
    run_snippet: Callable[..., str],
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each job is processed once, in SQLite as in PostgreSQL, and none while all are paused."""
    expected = ["while paused: 0 jobs, 0", "done: 60 of 60", "processed: 60"]
    assert run_snippet(f"{FOLDER}.process_queue").splitlines() == expected
    capsys.readouterr()
    monkeypatch.setenv("DATABASE_URL", dsn)
    asyncio.run(process_queue.main())
    assert capsys.readouterr().out.splitlines() == expected


def test_two_pollers_that_look_before_they_take_run_each_job_twice(
    run_snippet: Callable[..., str], measure: Callable[..., None]
) -> None:
    """If both look at the same time; one statement lets each job be run once, in the same race."""
    printed = run_snippet(f"{FOLDER}.select_then_update")
    assert printed.splitlines() == [
        "CarelessJobStore: 16 runs of 8 jobs",
        "SqliteJobStore: 8 runs of 8 jobs",
    ]
    careless, good = map(int, re.findall(r"(\d+) runs", printed))
    measure("runs after select and update", "runs", [careless])
    measure("runs after one statement", "runs", [good])


def test_the_job_of_a_killed_actor_comes_back_when_its_lease_ends(
    run_with_database: Callable[..., str],
) -> None:
    """Of two such jobs one gets done; with a lease that does not end, the other stays in hand."""
    assert run_with_database(f"{FOLDER}.killed").splitlines() == [
        "killed with job 1 in hand, lease of 3600 s",
        "killed with job 2 in hand, lease of 0.5 s",
        "done: 7 of 8, in hand: 1",
    ]


async def _killed(url: str, lease: float, end: Callable[[Any, Any], Awaitable[bool]]) -> Any:
    """Kill a poller with a job in hand; return what is done when another has come to an `end`."""
    async with aclosing(job_store(url, "driver")) as store:
        await store.create()
        await store.put(1)
        stuck = StuckPoller.remote(job_store(url, "killed", lease=lease))
        other: Any = ray.remote(Poller).remote(job_store(url, "other", fallback=0.1))
        await other.progress.remote()  # it has started, and may ask as soon as the lease begins
        stuck.run.remote()
        await _until(stuck.job_in_hand.remote)
        running = other.run.remote()
        await _until(other.count_claims.remote)
        ray.kill(stuck)
        await _until(lambda: end(store, other))
        seen = await other.progress.remote(), await store.done(), await store.in_hand()
        await other.stop.remote()
        await running
        return seen


async def _until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.02)


@pytest.mark.recording("no_lease", begin="Poller.run")
def test_a_job_that_is_claimed_without_an_end_is_never_claimed_again(sqlite_url: str) -> None:
    """Another poller asks twenty times, and gets nothing."""

    async def asked_often(_: Any, other: Any) -> bool:
        return bool(await other.count_claims.remote() >= 20)

    assert asyncio.run(_killed(sqlite_url, 3600, asked_often)) == (0, 0, 1)


@pytest.mark.recording("lease", begin="Poller.run")
def test_a_job_whose_lease_has_ended_is_claimed_by_another_poller(sqlite_url: str) -> None:
    """It asks on, and has the job when the killed poller's lease has ended."""

    async def done(store: Any, _: Any) -> bool:
        return bool(await store.done() == 1)

    assert asyncio.run(_killed(sqlite_url, 1, done)) == (1, 1, 0)


def test_only_an_effect_that_is_tied_to_its_job_happens_once(
    run_with_database: Callable[..., str],
) -> None:
    """Its poller is killed after the effects and before the end of the job."""
    printed = run_with_database(f"{FOLDER}.effects")
    assert printed.splitlines() == ["plain: 2", "keyed: 1", "with finish: 1"]


@pytest.mark.recording("idle", begin="Poller.run")
def test_a_listening_poller_asks_seldom_and_hears_of_a_new_job(
    run_with_database: Callable[..., str],
    measure: Callable[..., None],
    recorded: Callable[[], Recording],
) -> None:
    """While one without work asks twenty times, it asks a few times, and is woken for the job."""
    printed = run_with_database(f"{FOLDER}.idle", varying=["count"])
    idle, done = printed.splitlines()
    asking, listening = map(int, re.findall(r"\d+", idle))
    assert asking >= 20
    assert 1 <= listening <= 10
    assert done == "done: 1"
    seen = recorded()
    (listener,) = {call.process for call in seen.of("Poller.progress")}
    woken = [call for call in seen.of("PostgresJobStore._wake") if call.process == listener]
    (finish,) = seen.of("PostgresJobStore.finish")
    assert woken[0].start < finish.start  # or it found the job when its minute was over
    measure("claims of an idle poller that asks", "claims", [asking])
    claims = "claim" if listening == 1 else "claims"
    measure("claims of an idle poller that listens", claims, [listening])
