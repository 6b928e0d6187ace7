"""A loop that is asked to stop finishes its job, and does not wait out a pause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.stopping_cleanly.job_store import JobStore
from snippets.stopping_cleanly.stopped import Poller, stop_or_kill

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


@pytest.mark.recording("stopped_loop", begin="Poller.run")
def test_main_prints_that_no_job_is_in_hand(
    run_snippet: Callable[..., str], recorded: Callable[[], Recording]
) -> None:
    """The module, run by hand, stops in time, with each job finished that it has claimed."""
    in_time, told, jobs = run_snippet(
        "snippets.stopping_cleanly.stopped", varying=["count"]
    ).splitlines()
    assert in_time == "in time: True"
    finished = re.fullmatch(r"jobs that run has finished: (\d+)", told)
    assert finished
    done = list(range(1, int(finished[1]) + 1))
    assert jobs.endswith(f"in hand [], finished {done}")
    assert len(recorded().of("JobStore.finish")) == len(done)


def test_a_stop_ends_run_after_its_job_or_amid_a_pause(
    bench: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Told to stop amid its third job, it finishes that; amid an hour's pause, it returns."""
    store = JobStore.remote(jobs=4)
    poller = Poller.remote(store, bench.work(held=3), pause=3600)
    polling = poller.run.remote()
    bench.wait_for(3)
    ray.get(poller.stop.remote(), timeout=30)
    assert ray.get(poller.progress.remote(), timeout=30) == 2
    assert ray.get(store.jobs.remote()) == ([4], [3], [1, 2])
    assert not ray.wait([polling], timeout=0)[0]
    bench.let_go(3)
    assert ray.get(polling, timeout=30) == 3
    assert ray.get(store.jobs.remote()) == ([4], [], [1, 2, 3])

    bench.let_go(4)
    polling = poller.run.remote()
    wait_until(lambda: ray.get(poller.progress.remote()) == 4)
    assert not ray.wait([polling], timeout=0.2)[0]  # no job is left, so it pauses
    ray.get(poller.stop.remote(), timeout=30)
    assert ray.get(polling, timeout=30) == 4


def test_a_poller_that_does_not_stop_in_time_is_killed(bench: Any) -> None:
    """Its work does not end, so it is killed, and its job stays in hand."""
    store = JobStore.remote(jobs=3)
    poller = Poller.remote(store, bench.work())
    polling = poller.run.remote()
    bench.wait_for(1)
    assert not stop_or_kill(poller, polling, seconds=0.1)
    with pytest.raises(ray.exceptions.ActorDiedError):
        ray.get(polling, timeout=30)
    assert ray.get(store.jobs.remote())[1:] == ([1], [])
