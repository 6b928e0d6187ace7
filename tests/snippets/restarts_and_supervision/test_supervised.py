"""A supervisor sees why a loop has failed, and starts it anew, less and less often."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.restarts_and_supervision import restarted, supervised
from snippets.restarts_and_supervision.crashing import crash_once
from snippets.restarts_and_supervision.job_store import JobStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from livesnippets.evidence.recording import Recording


@pytest.mark.recording("supervised_loop", begin="Poller.run")
def test_main_prints_each_failure_and_sets_the_job_aside(
    run_snippet: Callable[[str], str], recorded: Callable[[], Recording]
) -> None:
    """The module, run by hand, tells of three errors, and finishes all jobs but one."""
    assert run_snippet("snippets.restarts_and_supervision.supervised").splitlines() == [
        "ValueError('cannot process 3'): again in 0.1 s",
        "ValueError('cannot process 3'): again in 0.2 s",
        "ValueError('cannot process 3'): again in 0.4 s",
        "finished: [1, 2, 4, 5]",
        "set aside: [3]",
        "begun again: [3]",
    ]
    assert len(recorded().of("Poller.run")) == 4


def test_a_supervisor_starts_a_crashed_loop_anew_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A poller without retries crashes once, and all its jobs are finished."""
    store = JobStore.remote(jobs=5)
    poller = restarted.Poller.remote(store, crash_once(3, tmp_path))
    asyncio.run(supervised.oversee(poller, store))
    jobs = ray.get(store.jobs.remote())
    assert (jobs["finished"], jobs["begun again"]) == ([1, 2, 3, 4, 5], [3])
    assert "again in 0.1 s" in capsys.readouterr().out


def test_a_supervisor_pauses_longer_up_to_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """A loop that fails four times is called five times, and returns; none is called too soon."""

    class Failing:
        def __init__(self) -> None:
            self.called: list[float] = []

        @property
        def run(self) -> Failing:
            return self

        async def remote(self) -> str:
            self.called.append(time.monotonic())
            if len(self.called) < 5:
                raise ray.exceptions.RayError
            return "returned"

    poller: Any = Failing()
    assert asyncio.run(supervised.supervise(poller, pause=0.01, longest=0.03)) == "returned"
    told = [line.split()[-2] for line in capsys.readouterr().out.splitlines()]
    assert told == ["0.01", "0.02", "0.03", "0.03"]
    kept = [after - before for before, after in pairwise(poller.called)]
    clock = 0.001  # a loop may wake by as much too early
    assert all(least >= float(said) - clock for least, said in zip(kept, told, strict=True))
