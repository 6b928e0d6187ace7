"""How many jobs ten stops lose, by the way in which they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.stopping_cleanly import cancelled, given_back, stopped
from snippets.stopping_cleanly.job_store import JobStore, wait_for_claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording

STOPS = 10


@pytest.mark.alone  # it measures
@pytest.mark.recording
def test_ten_cancels_lose_ten_jobs_and_the_other_ways_none(
    bench: Any,
    cancel: Callable[[Any], None],
    measure: Callable[..., None],
    recorded: Callable[[], Recording],
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Each stop comes amid a job, which stays in hand, is given back, or is finished."""

    def end_by_cancel(_: Any, polling: Any, __: int) -> None:
        cancel(polling)

    def end_by_stop(poller: Any, polling: Any, job: int) -> None:
        ray.get(poller.stop.remote(), timeout=30)
        bench.let_go(job)
        ray.get(polling, timeout=30)

    def stop_ten_times(way: Any, end: Callable[[Any, Any, int], None], jobs: list[int]) -> Any:
        """Return the jobs that are ready, in hand and finished after ten stops."""
        store = JobStore.remote(jobs=STOPS + 1)
        with pytest.raises(TimeoutError):
            wait_for_claim(store, seconds=0)
        poller = way.Poller.remote(store, bench.work(held=2), pause=0.01)
        for job in jobs:
            polling = poller.run.remote()
            bench.wait_for(job)
            end(poller, polling, job)
        left = ray.get(store.jobs.remote())

        for job in range(2, STOPS + 2):
            bench.let_go(job)
        polling = poller.run.remote()  # to the last job, and then in pauses
        wait_until(lambda: ray.get(store.jobs.remote())[0] == [])
        claims = len(recorded().of("JobStore.claim"))
        wait_until(lambda: len(recorded().of("JobStore.claim")) > claims + 2)
        assert ray.get(store.jobs.remote())[1] == left[1]
        end(poller, polling, 0)
        bench.clear()
        return left

    held = list(range(2, STOPS + 2))
    lost = stop_ten_times(cancelled, end_by_cancel, held)
    assert lost == ([], held, [1])
    back = stop_ten_times(given_back, end_by_cancel, [2] * STOPS)
    assert back == (held, [], [1])
    done = stop_ten_times(stopped, end_by_stop, held)
    assert done == ([], [], [1, *held])
    for name, (_, in_hand, _) in {"cancels": lost, "caught": back, "stops": done}.items():
        measure(f"jobs lost in ten stops, {name}", "jobs", [len(in_hand)])
