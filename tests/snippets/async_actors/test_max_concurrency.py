"""An async actor takes so many calls at once and no more; by default, a thousand."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import psutil
import pytest
import ray

from snippets.async_actors.max_concurrency import WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Callable

NO_PLACE = "no place for another call within 2 seconds"


def test_a_call_that_ends_frees_its_place(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """It is the place that was missing: one caller gives up, and the door opens."""
    room = WaitingRoom.options(max_concurrency=2).remote()
    ray.get(room.count_waiting.remote())  # the actor takes calls
    first, second = room.wait.remote(), room.wait.remote()
    wait_until(lambda: not ray.wait([room.count_waiting.remote()], timeout=1)[0])
    opening = room.open.remote()
    assert not ray.wait([opening], timeout=1)[0]

    ray.cancel(first)
    assert ray.get(opening, timeout=30) == "opened for 2"
    ray.get(second, timeout=30)


def test_the_limit_is_set_when_the_actor_is_created_and_not_by_a_call() -> None:
    """Neither a handle nor a call can change it; the options of a class can."""
    room = WaitingRoom.options(max_concurrency=2).remote()
    assert not hasattr(room, "options")
    with pytest.raises(TypeError, match="max_concurrency"):
        room.count_waiting.options(max_concurrency=3).remote()


def test_calls_wait_in_the_memory_of_the_actor(
    wait_until: Callable[[Callable[[], bool]], None], measure: Callable[..., None]
) -> None:
    """A thousand calls for one place, 90 kB each: the process of the actor grows by as much."""

    @ray.remote
    class Busy:
        async def process(self) -> int:
            return os.getpid()

        async def take(self, _data: bytes) -> None:
            await asyncio.sleep(1000)

    def memory() -> float:
        return psutil.Process(pid).memory_info().rss / 1e6

    busy = Busy.options(max_concurrency=1).remote()
    pid = ray.get(busy.process.remote())
    before, data, calls = memory(), bytes(90_000), 1000
    refs = [busy.take.remote(data) for _ in range(calls)]
    wait_until(lambda: memory() > before + 0.8 * calls * len(data) / 1e6)
    measure("calls that wait", "calls", [len(refs)])
    measure("memory before the calls", "MB", [before])
    measure("memory beside waiting calls", "MB", [memory()])
    ray.kill(busy)


def test_a_call_runs_in_the_last_place_and_in_no_other(run_snippet: Callable[[str], str]) -> None:
    """Of three places two may be taken, and of those by default 999, if another call shall run."""
    assert run_snippet("snippets.async_actors.max_concurrency").splitlines() == [
        "2 of 3 places taken: opened for 2",
        f"3 of 3 places taken: {NO_PLACE}",
        "999 by default: opened for 999",
        f"1000 by default: {NO_PLACE}",
    ]
