"""The polling loop of a plain actor works, and shuts out every other call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.asking import wait_for_items
from snippets.concurrent_operations_async_actor.blocked import LongPollingActor

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording

NEVER_REACHED = "snippets/concurrent_operations_async_actor/blocked.py::LongPollingActor.other_task"


@pytest.mark.never_reached(NEVER_REACHED)
def test_other_task_gets_no_turn_while_the_loop_makes_progress(data_store_actor: Any) -> None:
    """Forty items go through the loop, and the question asked before them is still open."""
    poller = LongPollingActor.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)

    answer = poller.other_task.remote()
    wait_for_items(40, data_store_actor, polling)

    assert not ray.wait([answer], timeout=0)[0]
    wait_for_items(2, data_store_actor, polling)  # the loop has not ended meanwhile

    # Before the job ends: if the store ended first, the loop would die of it,
    # and other_task would run after all.
    ray.kill(poller)
    with pytest.raises(ray.exceptions.ActorDiedError):
        ray.get(polling, timeout=30)


@pytest.mark.never_reached(NEVER_REACHED)
@pytest.mark.recording("blocked", begin="LongPollingActor.run")
def test_main_prints_that_other_task_did_not_answer(
    run_snippet: Callable[..., str], recorded: Callable[[], Recording]
) -> None:
    """The driver gives up on the answer, and sees the loop poll before and after."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.blocked", varying=["count"])
    before, asked, after = printed.splitlines()
    assert asked.startswith("other_task did not answer: GetTimeoutError(")
    first = re.fullmatch(r"run is polling: (\d+) items processed", before)
    last = re.fullmatch(r"run is still polling: (\d+) items processed", after)
    assert first
    assert last
    seen = recorded()
    sign_before, sign_after = seen.of("wait_for_items")[-2:]
    assert sign_before.stop
    meanwhile = [
        fetch
        for fetch in seen.of("DataStore.fetch")
        if sign_before.stop <= fetch.start and fetch.stop and fetch.stop <= sign_after.start
    ]
    assert meanwhile  # the loop turned while nobody answered
    assert int(last[1]) >= int(first[1]) + len(meanwhile) + 2


def test_waiting_raises_the_error_that_ended_the_loop(
    data_store_actor: Any, broken_store: Any
) -> None:
    """A loop that is dead is not waited for: its own error comes up."""
    poller = LongPollingActor.remote(broken_store)
    polling = poller.run.remote()
    with pytest.raises(OSError, match="the store is broken"):
        wait_for_items(1, data_store_actor, polling)


def test_waiting_ends_when_no_items_come(data_store_actor: Any) -> None:
    """A loop that neither polls nor dies is waited for no longer than asked."""
    idle = ray.put("a call that has returned")
    with pytest.raises(TimeoutError, match="0 items, and no more come"):
        wait_for_items(1, data_store_actor, idle, seconds=0.2)
