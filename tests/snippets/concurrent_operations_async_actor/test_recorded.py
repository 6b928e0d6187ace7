"""What the recordings of the pollers show: who ran while the loop waited, and who did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor import answering, asking, blocked
from snippets.concurrent_operations_async_actor.yielding import BusyActor

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording

TRIES = 5
"""How often a call may come too late for a recording, which holds so many events and no more."""


@pytest.mark.recording
def test_no_call_starts_while_the_blocked_run_holds_the_thread(
    data_store_actor: Any, recorded: Callable[[], Recording]
) -> None:
    """`other_task` was submitted and never started; `run` never once left its thread."""
    poller = blocked.LongPollingActor.remote(data_store_actor)
    polling = poller.run.remote()
    asking.wait_for_items(2, data_store_actor, polling)
    answer = poller.other_task.remote()
    asking.wait_for_items(10, data_store_actor, polling)

    seen = recorded()
    (run,) = seen.of("LongPollingActor.run")
    asked = [each.target for each in seen.never_started()]
    assert "LongPollingActor.other_task" in asked
    assert not seen.of("LongPollingActor.other_task")
    assert run.stop is None
    assert {span.state for span in run.spans} == {"running", "waiting"}
    assert len(seen.of("DataStore.fetch")) >= 10
    ray.kill(poller)
    del answer


@pytest.mark.recording
def test_other_task_runs_while_run_is_suspended(
    data_store_actor: Any, recorded: Callable[[], Recording]
) -> None:
    """Each answer falls into one await of `run`, which goes on afterwards."""
    poller = answering.LongPollingActorAsync.remote(data_store_actor)
    polling = poller.run.remote()
    asking.wait_for_items(2, data_store_actor, polling)
    for _ in range(5):
        ray.get(poller.other_task.remote(), timeout=30)
    asking.wait_for_items(3, data_store_actor, polling)

    seen = recorded()
    (run,) = seen.of("LongPollingActorAsync.run")
    others = seen.of("LongPollingActorAsync.other_task")
    assert len(others) == 5
    assert all(run.suspended_during(other) for other in others)
    assert not any(run.on_thread_at(other.start) for other in others)
    assert run.spans[-1].stop > others[-1].start


@pytest.mark.recording
def test_other_task_runs_inside_a_sleep_of_zero(recorded: Callable[[], Recording]) -> None:
    """The loop that never waits is suspended at `sleep(0)` when another call runs."""
    assert any(_is_seen_inside(recorded) for _ in range(TRIES))


def _is_seen_inside(recorded: Callable[[], Recording]) -> bool:
    """Whether a call is recorded inside the loop of a new actor, the first part of which is."""
    actor = BusyActor.remote()
    ray.get(actor.other_task.remote())  # the actor takes calls
    busy = actor.run_yielding.remote(seconds=0.5)
    ray.get([busy, *[actor.other_task.remote() for _ in range(5)]])
    seen = recorded()
    run = seen.of("BusyActor.run_yielding")[-1]
    others = [each for each in seen.of("BusyActor.other_task") if each.process == run.process]
    return any(run.suspended_during(other) for other in others)
