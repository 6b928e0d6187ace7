"""What a call costs in each kind of actor, and how waits overlap."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import ray

if TYPE_CHECKING:
    from collections.abc import Callable


def test_waits_overlap_on_an_event_loop_and_on_threads(measure: Callable[..., None]) -> None:
    """Fifty waits take less time on a loop than on ten threads, and there less than one by one."""

    @ray.remote
    class Plain:
        def wait(self, seconds: float) -> None:
            time.sleep(seconds)

    @ray.remote
    class Async:
        async def wait(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    actors = {
        "plain": Plain.remote(),
        "async": Async.remote(),
        "threaded": Plain.options(max_concurrency=10).remote(),
    }
    for name, actor in actors.items():
        ray.get([actor.wait.remote(0) for _ in range(20)])  # it takes calls
        start = time.monotonic()
        for _ in range(100):
            ray.get(actor.wait.remote(0))
        measure(f"calls of the {name} actor", "calls/s", [100 / (time.monotonic() - start)])

    took = {}
    for name, waits in (("plain", 10), ("async", 50), ("threaded", 50)):
        start = time.monotonic()
        ray.get([actors[name].wait.remote(0.1) for _ in range(waits)])
        took[name] = time.monotonic() - start
        measure(f"{waits} waits of the {name} actor", "s", [took[name]])
    assert took["plain"] >= 10 * 0.1
    assert took["threaded"] >= 5 * 0.1
    assert took["async"] < took["threaded"]
    assert took["threaded"] / 50 < took["plain"] / 10
