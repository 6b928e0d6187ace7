"""What the recordings show of a poller whose process ends: who works when it is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.restarts_and_supervision import restarted, retried
from snippets.restarts_and_supervision.job_store import JobStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Call, Recording


def killed_amid_a_job(way: Any, bench: Any) -> tuple[Any, Any, Any]:
    """Return the store, the poller and the ref of a loop that is killed and restarted.

    With `ray.kill`, as nothing records when a signal ends a process.
    """
    held = bench.work()

    async def work(job: int) -> None:
        await asyncio.sleep(0.3)  # so that the picture shows the time before, too
        await held(job)

    store = JobStore.remote(jobs=3)
    assert ray.get(store.jobs.remote(), timeout=30)["finished"] == []  # it has started
    poller = way.Poller.remote(store, work)
    polling = poller.run.remote()
    bench.wait_for(1)
    ray.kill(poller, no_restart=False)
    return store, poller, polling


def ask(poller: Any) -> int:
    """Return the turns of a loop, when its actor is back."""
    asking = poller.progress.options(max_task_retries=-1)
    return int(ray.get(asking.remote(), timeout=60))


def of_second_process(recording: Recording, name: str) -> list[Call]:
    """Return the calls of a function that are not in the process that was killed."""
    first = recording.of("Poller.run")[0].process
    return [call for call in recording.of(name) if call.process != first]


@pytest.mark.recording("killed_and_restarted", begin="Poller.run")
def test_a_restarted_actor_answers_and_its_loop_is_never_called(
    bench: Any, recorded: Callable[[], Recording], wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """It answers ten times in its new process, and claims no job."""
    store, poller, polling = killed_amid_a_job(restarted, bench)
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(polling, timeout=60)
    answers: list[int] = []

    def ten_answers() -> bool:
        answers.append(ask(poller))
        return len(answers) == 10

    wait_until(ten_answers)
    assert answers == [0] * 10
    assert ray.get(store.jobs.remote(), timeout=30)["in hand"] == [1]
    seen = recorded()
    assert len(seen.of("JobStore.claim")) == 1
    assert len(of_second_process(seen, "Poller.progress")) == 10
    assert not of_second_process(seen, "Poller.run")


@pytest.mark.recording("killed_and_retried", begin="Poller.run")
def test_a_retried_loop_is_called_again_and_works_on(
    bench: Any, recorded: Callable[[], Recording], wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """In the new process `run` is called, too, and all jobs get finished while it answers."""
    for job in (2, 3):
        bench.let_go(job)
    store, poller, polling = killed_amid_a_job(retried, bench)
    bench.wait_for(1)
    assert ask(poller) == 1
    bench.let_go(1)
    wait_until(lambda: ray.get(store.jobs.remote(), timeout=30)["finished"] == [1, 2, 3])
    assert not ray.wait([polling], timeout=0)[0]
    ray.get(poller.stop.remote(), timeout=30)
    ray.get(polling, timeout=30)
    seen = recorded()
    assert len(seen.of("JobStore.claim")) >= 4
    (run,) = of_second_process(seen, "Poller.run")
    (progress,) = of_second_process(seen, "Poller.progress")
    assert run.suspended_during(progress)
