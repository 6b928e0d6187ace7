"""Refs can be awaited in every way that they can be blocked on."""

from __future__ import annotations

import asyncio
import queue
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.async_actors.awaiting import Reader, Store

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK, MIDDLE, SLOW = (f"item after {seconds} s" for seconds in (0.1, 0.5, 0.9))


def test_each_way_lets_a_quicker_call_overtake(overtakes: Callable[[Any, Any], bool]) -> None:
    """A call that starts later and takes less time ends first."""
    reader = Reader.remote(Store.remote())
    ray.get(reader.one.remote())  # both actors take calls
    for way in (reader.in_order, reader.as_they_come, reader.in_time, reader.on_a_thread):
        long = way.remote()
        assert overtakes(reader.one.remote(), long)
        ray.get(long)


def test_a_ref_gives_a_future_for_code_without_an_event_loop() -> None:
    """The future calls back when the result comes, and has it."""
    future = Store.remote().fetch.remote(0.1).future()
    called_back_with: queue.SimpleQueue[object] = queue.SimpleQueue()
    future.add_done_callback(called_back_with.put)
    assert called_back_with.get(timeout=30) is future
    assert future.result(timeout=0) == QUICK


def test_giving_up_the_wait_does_not_give_up_the_work() -> None:
    """After `wait_for` has raised, the item still comes."""

    async def wait_briefly(ref: Any) -> None:
        await asyncio.wait_for(ref, timeout=0.05)

    ref = Store.remote().fetch.remote(0.5)
    with pytest.raises(TimeoutError):
        asyncio.run(wait_briefly(ref))
    assert ray.get(ref, timeout=30) == MIDDLE


def test_asyncio_wait_does_not_take_bare_refs() -> None:
    """That is why the snippet makes a future of each."""

    async def wait(ref: Any) -> None:
        await asyncio.wait([ref])

    with pytest.raises((AttributeError, TypeError)):
        asyncio.run(wait(ray.put("there already")))


def test_main_prints_every_result(run_snippet: Callable[[str], str]) -> None:
    """What is awaited comes back, in the order that each way promises."""
    assert run_snippet("snippets.async_actors.awaiting").splitlines() == [
        f"one: {QUICK}",
        f"in_order: {[SLOW, QUICK, MIDDLE]}",
        f"as_they_come: {[QUICK, MIDDLE, SLOW]}",
        f"first: {QUICK}",
        "in_time: too late",
        "on_a_thread: read on a thread",
        f"future: {QUICK}",
    ]
