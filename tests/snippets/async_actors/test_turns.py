"""For how many turns of a loop a call waits."""

from __future__ import annotations

import asyncio
import time

import ray


def test_a_call_may_wait_for_several_turns_of_a_loop() -> None:
    """Of a loop that computes, more than one turn can end between a call and its start."""

    @ray.remote
    class Busy:
        def __init__(self) -> None:
            self.ends: list[float] = []

        async def run(self) -> None:
            while True:
                end = time.thread_time() + 0.02
                while time.thread_time() < end:
                    pass
                self.ends.append(time.monotonic())  # one clock for all processes
                await asyncio.sleep(0)

        async def turns_since(self, asked: float) -> int:
            return sum(end > asked for end in self.ends)

    busy = Busy.remote()
    ray.get(busy.turns_since.remote(0))
    running = busy.run.remote()
    turns = [ray.get(busy.turns_since.remote(time.monotonic()), timeout=30) for _ in range(20)]
    assert max(turns) > 1
    assert not ray.wait([running], timeout=0)[0]
    ray.kill(busy)
