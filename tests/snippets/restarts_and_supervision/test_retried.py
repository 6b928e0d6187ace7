"""With retries the loop comes back after a crash, and goes on with the job that it left."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.restarts_and_supervision import restarted, retried
from snippets.restarts_and_supervision.job_store import JobStore, wait_for_job

if TYPE_CHECKING:
    from collections.abc import Callable


def test_main_prints_that_all_jobs_are_finished(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, finishes all jobs, one of which it has begun twice."""
    assert run_snippet("snippets.restarts_and_supervision.retried").splitlines() == [
        "run goes on: True",
        "finished: [1, 2, 3, 4, 5]",
        "begun again: [3]",
    ]


def killed_amid_the_third(way: Any, bench: Any) -> tuple[Any, Any, Any]:
    """Return the store, the poller and the ref of a loop whose process is killed from outside."""
    store = JobStore.remote(jobs=10)
    poller = way.Poller.remote(store, bench.work(held=3))
    process = ray.get(poller.__ray_call__.remote(lambda _: os.getpid()))
    polling = poller.run.remote()
    bench.wait_for(3)
    assert ray.get(store.jobs.remote())["finished"] == [1, 2]
    os.kill(process, signal.SIGKILL)
    return store, poller, polling


@pytest.mark.alone  # it measures
def test_after_a_kill_no_job_is_finished_or_all_are(
    bench: Any, measure: Callable[..., None]
) -> None:
    """Without retries job 3 of ten stays in hand; with them it comes again, and the rest too."""
    for job in range(4, 11):
        bench.let_go(job)
    store, poller, polling = killed_amid_the_third(restarted, bench)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(polling, timeout=60)
    asking = poller.progress.options(max_task_retries=-1)
    assert ray.get(asking.remote(), timeout=60) == 0
    jobs = ray.get(store.jobs.remote())
    assert (jobs["in hand"], jobs["finished"], jobs["begun again"]) == ([3], [1, 2], [])
    measure("jobs after the kill, restarted", "jobs", [len(jobs["finished"]) - 2])

    store, _, polling = killed_amid_the_third(retried, bench)
    bench.wait_for(3)
    bench.let_go(3)
    wait_for_job(10, "finished", store)
    jobs = ray.get(store.jobs.remote())
    assert jobs["finished"] == list(range(1, 11))
    assert (jobs["in hand"], jobs["begun again"]) == ([], [3])
    assert not ray.wait([polling], timeout=0)[0]
    measure("jobs after the kill, retried", "jobs", [len(jobs["finished"]) - 2])


def test_a_job_that_always_crashes_is_set_aside() -> None:
    """It kills each process that takes it, until the store hands it out no more."""

    async def work(job: int) -> None:
        if job == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    store = JobStore.remote(jobs=3, most_tries=2)
    poller = retried.Poller.remote(store, work)
    polling = poller.run.remote()
    wait_for_job(3, "finished", store)
    jobs = ray.get(store.jobs.remote())
    assert (jobs["finished"], jobs["set aside"], jobs["begun again"]) == ([1, 3], [2], [2])
    assert not ray.wait([polling], timeout=0)[0]


def test_an_exception_ends_run_in_spite_of_retries() -> None:
    """The ref raises what the work raised, the job stays in hand, and the actor answers."""

    async def work(job: int) -> None:
        message = f"cannot process {job}"
        raise ValueError(message)

    store = JobStore.remote(jobs=3)
    poller = retried.Poller.remote(store, work)
    with pytest.raises(ValueError, match="cannot process 1"):
        ray.get(poller.run.remote(), timeout=30)
    assert ray.get(poller.progress.remote(), timeout=30) == 1
    assert ray.get(store.jobs.remote())["in hand"] == [1]
    with pytest.raises(TimeoutError):
        wait_for_job(1, "finished", store, seconds=0)
