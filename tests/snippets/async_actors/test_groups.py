"""Each concurrency group of an async actor has an event loop and a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ray

from snippets.async_actors.groups import ActorWithGroup, time_answer, time_waking

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_blocked_group_does_not_block_another() -> None:
    """The default group answers, on a thread of its own, long before the blocked one ends."""
    actor = ActorWithGroup.remote()
    threads = {ray.get(actor.default_thread.remote()), ray.get(actor.polling_thread.remote())}
    assert len(threads) == 2
    blocking = actor.block.remote()
    time_answer(actor)
    assert not ray.wait([blocking], timeout=0)[0]


def test_an_event_wakes_nobody_on_another_loop() -> None:
    """The wait ends when its time is over; set through its own loop, the event ends it at once."""
    actor = ActorWithGroup.remote()
    ray.get(actor.polling_thread.remote())
    late, soon = (time_waking(actor, wake) for wake in (actor.wake, actor.wake_threadsafe))
    assert soon < 1 < late


def test_main_prints_what_the_groups_share(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows two threads, an answer, and who is woken."""
    printed = run_snippet("snippets.async_actors.groups", varying=["decimal"])
    assert printed.splitlines()[0] == "threads: 2"
