"""What the programs of the page print."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from snippets.queue_in_a_database import process_queue

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_only_an_effect_that_is_tied_to_its_job_happens_once(
    run_with_database: Callable[..., str],
) -> None:
    """Its poller is killed after the effects and before the end of the job."""
    printed = run_with_database(f"{FOLDER}.effects")
    assert printed.splitlines() == ["plain: 2", "keyed: 1", "with finish: 1"]


@pytest.mark.recording("idle", begin="Poller.run")
def test_a_listening_poller_asks_seldom_and_hears_of_a_new_job(
    run_with_database: Callable[..., str], measure: Callable[..., None]
) -> None:
    """While one without work asks twenty times, it asks a few times, and then gets the job."""
    printed = run_with_database(f"{FOLDER}.idle", varying=["count"])
    idle, done = printed.splitlines()
    asking, listening = map(int, re.findall(r"\d+", idle))
    assert asking >= 20
    assert 1 <= listening <= 10
    assert done == "done: 1"
    measure("claims of an idle poller that asks", "claims", [asking])
    claims = "claim" if listening == 1 else "claims"
    measure("claims of an idle poller that listens", claims, [listening])
