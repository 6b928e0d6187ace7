"""Cancelling the call of run ends the loop, and leaves the actor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor import cancelled
from snippets.concurrent_operations_async_actor.blocked import wait_for_items

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_cancelled_loop_polls_no_more_and_its_actor_answers(
    data_store_actor: Any, nobody_polls: Callable[[Any], bool]
) -> None:
    """Before the cancel others fetch too; after it, nobody does."""
    poller = cancelled.LongPollingActorAsync.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)
    assert not nobody_polls(data_store_actor)

    ray.cancel(polling)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(polling, timeout=30)
    assert nobody_polls(data_store_actor)
    assert ray.get(poller.other_task.remote(), timeout=30).startswith("item ")


def test_dropping_the_handle_does_not_end_the_loop(data_store_actor: Any) -> None:
    """Nobody holds the actor any more, and its loop polls on."""
    poller = cancelled.LongPollingActorAsync.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)
    del poller
    wait_for_items(40, data_store_actor, polling)


def test_main_prints_how_the_loop_ends(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows the end of the loop, and an answer after it."""
    lines = run_snippet(
        "snippets.concurrent_operations_async_actor.cancelled", varying=["count"]
    ).splitlines()
    assert lines[-2] == "run is cancelled"
    assert re.fullmatch(r"other_task answers as before: item \d+", lines[-1])
