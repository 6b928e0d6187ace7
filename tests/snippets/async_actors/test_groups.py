"""Each concurrency group of an async actor has an event loop and a thread of its own."""

from __future__ import annotations

import asyncio
import threading
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


def test_methods_of_two_groups_run_at_once_and_those_of_one_do_not() -> None:
    """Two groups meet; a call is put into a group; a full group leaves the other its places."""

    @ray.remote(  # type: ignore[call-overload]  # Ray's types lack both
        concurrency_groups={"polling": 2}, max_concurrency=1
    )
    class Groups:
        def __init__(self) -> None:
            self.barrier = threading.Barrier(2)
            self.door = asyncio.Event()

        async def meet(self) -> bool:
            try:
                self.barrier.wait(timeout=2)  # blocks its event loop
            except threading.BrokenBarrierError:
                return False
            return True

        async def thread(self) -> int:
            return threading.get_ident()

        @ray.method(concurrency_group="polling")
        def plain_thread(self) -> int:
            return threading.get_ident()

        async def wait(self) -> None:
            await self.door.wait()

    groups = Groups.remote()
    thread = groups.thread.options(concurrency_group="polling")
    assert ray.get(thread.remote()) == ray.get(groups.plain_thread.remote())
    assert ray.get(thread.remote()) != ray.get(groups.thread.remote())

    meet = groups.meet.options(concurrency_group="polling")
    assert ray.get([groups.meet.remote(), meet.remote()]) == [True, True]
    assert ray.get([meet.remote(), meet.remote()]) == [False, False]

    waiting = groups.wait.remote()
    assert not ray.wait([waiting, groups.thread.remote()], timeout=0.5)[0]
    assert ray.wait([thread.remote(), waiting], timeout=30)[0] != [waiting]


def test_main_prints_what_the_groups_share(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows two threads, an answer, and who is woken."""
    printed = run_snippet("snippets.async_actors.groups", varying=["decimal"])
    assert printed.splitlines()[0] == "threads: 2"
