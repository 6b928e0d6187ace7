"""`sleep(0)` lets other calls run between two turns of a loop; without an await none does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ray

from snippets.concurrent_operations_async_actor.yielding import BusyActor

if TYPE_CHECKING:
    from collections.abc import Callable


def test_calls_run_while_a_loop_yields_and_not_while_it_never_awaits(
    run_snippet: Callable[..., str],
) -> None:
    """Both loops turn; only the one with `sleep(0)` lets calls through."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.yielding", varying=["count"])
    yielding, hogging = printed.splitlines()
    # A comma: more than a thousand turns.
    assert re.fullmatch(r"with sleep\(0\): [1-9]\d* other calls in \d+,[\d,]+ turns", yielding)
    assert re.fullmatch(r"without await: 0 other calls in \d+,[\d,]+ turns", hogging)


def test_calls_that_got_no_turn_run_when_the_loop_has_ended() -> None:
    """None of them ran during the loop, and none is lost."""
    actor = BusyActor.remote()
    running = actor.run_without_await.remote(seconds=1)
    asked = [actor.other_task.remote()]
    while not ray.wait([running], timeout=0.1)[0]:
        asked.append(actor.other_task.remote())
    _, calls = ray.get(running)
    assert calls == 0
    ray.get(asked, timeout=30)
