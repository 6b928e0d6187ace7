"""`sleep(0)` lets other calls run between two turns of a loop; without an await none does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ray

from snippets.concurrent_operations_async_actor.yielding import BusyActor, call_until_done

if TYPE_CHECKING:
    from collections.abc import Callable


def test_other_calls_run_while_a_loop_yields() -> None:
    """The loop turns, and calls are answered before it ends."""
    actor = BusyActor.remote()
    turns, calls = call_until_done(actor, actor.run_yielding.remote(seconds=1))
    assert turns > calls > 0


def test_nothing_else_runs_while_a_loop_never_awaits() -> None:
    """The loop turns, no call is answered before it ends, and then all of them are."""
    actor = BusyActor.remote()
    ray.get(actor.other_task.remote())  # the actor takes calls
    turns, calls = call_until_done(actor, actor.run_without_await.remote(seconds=1))
    assert turns > 1000
    assert calls == 0
    ray.get(actor.other_task.remote(), timeout=30)


def test_main_prints_both_counts(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows the difference that one line makes."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.yielding")
    yielding, hogging = printed.splitlines()
    assert re.fullmatch(r"with sleep\(0\): [1-9]\d* other calls in [\d,]+ turns", yielding)
    assert re.fullmatch(r"without await: 0 other calls in [\d,]+ turns", hogging)
