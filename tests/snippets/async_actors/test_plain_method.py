"""One async method makes an actor async; its plain methods then block the event loop."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import ray

from snippets.async_actors.plain_method import MixedActor, call_until_done

if TYPE_CHECKING:
    from collections.abc import Callable


def test_plain_and_async_methods_run_on_one_thread() -> None:
    """A plain method of an async actor runs on the thread of its coroutines."""

    @ray.remote
    class Mixed:
        async def thread_of_async(self) -> int:
            return threading.get_ident()

        def thread_of_plain(self) -> int:
            return threading.get_ident()

    mixed = Mixed.remote()
    plain = ray.get(mixed.thread_of_plain.remote())
    assert plain == ray.get(mixed.thread_of_async.remote())


def test_calls_run_beside_work_on_a_thread_and_not_beside_a_plain_method() -> None:
    """Calls that arrive during a plain method have to wait; none is lost."""
    actor = MixedActor.remote()
    ray.get(actor.other_task.remote())  # the actor takes calls
    assert call_until_done(actor, actor.work.remote()) == 0
    ray.get(actor.other_task.remote(), timeout=30)
    assert call_until_done(actor, actor.work_on_a_thread.remote()) > 0


def test_main_prints_both_counts(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows the difference that a thread makes."""
    plain, threaded = run_snippet(
        "snippets.async_actors.plain_method", varying=["count"]
    ).splitlines()
    assert plain == "work: 0 other calls ran meanwhile"
    assert re.fullmatch(r"work_on_a_thread: [1-9]\d* other calls ran meanwhile", threaded)
