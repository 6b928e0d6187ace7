"""Which health checks are answered during a job, and what an answer tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.health_checks import behind, grouped, off_the_loop, watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Call, Recording

POLLERS = [
    pytest.param(grouped.PollerWithGroup, id="group"),
    pytest.param(off_the_loop.PollerOffTheLoop, id="thread"),
]
SEEN = {
    "behind": lambda count: count == 0,
    "grouped": lambda count: count > 0,
    "off_the_loop": lambda count: count > 0,
}


def within(call: Call, others: list[Call]) -> bool:
    """Return whether a call begins during another."""
    return any(
        other.start <= call.start and (other.stop is None or call.start < other.stop)
        for other in others
    )


def test_a_check_on_the_loop_is_never_answered_during_a_job(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Many are asked while jobs are done; each is answered between two of them."""
    store = behind.JobStore.remote()
    poller = behind.Poller.remote(store)
    poller.run.remote()
    answers: list[Any] = []

    def five_jobs_are_done() -> bool:
        answers.append(ray.get(poller.check.remote(), timeout=30))
        return len(answers) >= 5 and ray.get(store.count.remote(), timeout=30)[1] >= 5

    wait_until(five_jobs_are_done)
    assert answers == [None] * len(answers)
    ray.kill(poller)


@pytest.mark.parametrize("kind", POLLERS)
def test_a_check_on_another_thread_is_answered_during_a_job(
    kind: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """It names the job that is worked on; both with a group and with the work on a thread."""
    poller = behind.start(kind)
    wait_until(lambda: ray.get(poller.check.remote(), timeout=30) is not None)
    ray.kill(poller)


@pytest.mark.alone  # it measures
def test_checks_are_timed_beside_jobs(measure: Callable[..., None]) -> None:
    """Each of three pollers answers all checks; on the loop none of them during a job."""
    for name, kind in {
        "check on the loop": behind.Poller,
        "check in a group": grouped.PollerWithGroup,
        "check beside a thread": off_the_loop.PollerOffTheLoop,
    }.items():
        poller = behind.start(kind)
        answers, seconds = behind.check_often(poller, checks=15)
        assert len(seconds) == 15
        assert any(answers) == (kind is not behind.Poller)
        measure(name, "ms", [1000 * each for each in seconds])
        ray.kill(poller)


def test_a_check_is_answered_when_the_loop_has_ended() -> None:
    """The store breaks, `run` raises, and the check says that nothing is worked on."""

    @ray.remote
    class BrokenStore:
        def claim(self) -> int:
            raise OSError("the store is broken")

    poller = grouped.PollerWithGroup.remote(BrokenStore.remote())
    with pytest.raises(OSError, match="the store is broken"):
        ray.get(poller.run.remote(), timeout=30)
    assert ray.get(poller.check.remote(), timeout=30) is None


def test_progress_tells_a_poller_that_works_from_one_that_is_stuck() -> None:
    """Both answer, and the loop of neither has ended."""
    working = behind.start(grouped.PollerWithGroup)
    stuck = grouped.PollerWithGroup.remote(watching.SilentStore.remote())
    running = stuck.run.remote()
    assert not watching.is_stuck(working, seconds=30)
    assert watching.is_stuck(stuck, seconds=1)
    assert not ray.wait([running], timeout=0)[0]
    ray.kill(working)
    ray.kill(stuck)


@pytest.mark.recording("check_on_the_loop", begin="Poller.run")
def test_a_check_on_the_loop_begins_when_no_job_is_worked_on(
    recorded: Callable[[], Recording],
) -> None:
    """None begins while `work` runs."""
    poller = behind.start(behind.Poller)
    behind.check_often(poller, checks=4)
    seen = recorded()
    checks = seen.of("Poller.check")
    assert checks
    assert seen.of("work")
    assert not any(within(check, seen.of("work")) for check in checks)
    ray.kill(poller)


@pytest.mark.recording("check_in_a_group", begin="PollerWithGroup.run")
def test_a_check_in_a_group_begins_while_a_job_is_worked_on(
    recorded: Callable[[], Recording], wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """At least one of them, while `work` runs on the other thread."""
    poller = behind.start(grouped.PollerWithGroup)
    behind.check_often(poller, checks=4)
    wait_until(lambda: ray.get(poller.check.remote(), timeout=30) is not None)
    seen = recorded()
    assert any(within(check, seen.of("work")) for check in seen.of("PollerWithGroup.check"))
    ray.kill(poller)


@pytest.mark.alone  # its output is shown, and holds a time
@pytest.mark.parametrize("module", ["behind", "grouped", "off_the_loop"])
def test_main_prints_how_many_checks_are_answered_during_a_job(
    run_snippet: Callable[..., str], module: str
) -> None:
    """The module, run by hand, counts none on the loop, and some elsewhere."""
    printed = run_snippet(f"snippets.health_checks.{module}", varying=["count", "decimal"])
    found = re.match(r"checks answered during a job: (\d+)\n", printed)
    assert found
    assert SEEN[module](int(found[1]))


def test_main_prints_who_is_stuck(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, tells two pollers apart that both run."""
    assert run_snippet("snippets.health_checks.watching") == (
        "the loop has ended: False, is stuck: False\nthe loop has ended: False, is stuck: True\n"
    )
