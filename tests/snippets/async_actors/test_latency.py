"""What an event loop computes between two awaits, all other calls wait for."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING

import ray

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS = 0, 20, 100
"""How long a loop computes between two awaits, in milliseconds of CPU time."""


def test_answers_come_later_the_longer_a_loop_computes(measure: Callable[..., None]) -> None:
    """Beside items of 0, 20 and 100 ms, eight questions each are answered later and later."""

    @ray.remote
    class Busy:
        def __init__(self) -> None:
            self.stopping = False

        async def run(self, seconds: float) -> float:
            turns, start = 0, time.monotonic()
            while not self.stopping:
                end = time.thread_time() + seconds
                while seconds and time.thread_time() < end:
                    pass
                await asyncio.sleep(0)
                turns += 1
            self.stopping = False
            return turns / (time.monotonic() - start)

        async def other_task(self) -> None:
            pass

        async def stop(self) -> None:
            self.stopping = True

    busy = Busy.remote()
    ray.get(busy.other_task.remote())
    medians = []
    for item in ITEMS:
        running = busy.run.remote(item / 1000)
        took = []
        for probe in range(8):
            time.sleep(0.02 + probe / 300)  # at any point of an item
            start = time.perf_counter()
            ray.get(busy.other_task.remote(), timeout=30)
            took.append(1000 * (time.perf_counter() - start))
        ray.get(busy.stop.remote())
        rate = ray.get(running)
        if not item:
            measure("turns of a loop that spins", "turns/s", [rate])
        measure(f"answer beside items of {item} ms", "ms", took)
        measure(f"latest answer beside items of {item} ms", "ms", [max(took)])
        medians.append(statistics.median(took))
    assert medians == sorted(medians)
    assert medians[-1] > 3 * medians[0]
