"""A restarted actor begins anew, and runs the calls again that Ray may retry."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
import ray

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_loop_begins_again_only_if_its_call_is_retried(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Both restart without their state; `run` raises in one, and turns again in the other."""

    @ray.remote(max_restarts=1)
    class Poller:
        def __init__(self) -> None:
            self.turns = 0

        async def run(self) -> None:
            while True:
                self.turns += 1
                await asyncio.sleep(0.02)

        async def state(self) -> tuple[int, int]:
            return os.getpid(), self.turns

    def restarted(poller: object, before: int) -> tuple[int, int] | None:
        try:
            process, turns = ray.get(poller.state.remote())
        except ray.exceptions.ActorUnavailableError:
            return None
        return (process, turns) if process != before else None

    plain, retrying = Poller.remote(), Poller.options(max_task_retries=-1).remote()
    loops = [plain.run.remote(), retrying.run.remote()]
    wait_until(lambda: all(ray.get(each.state.remote())[1] > 200 for each in (plain, retrying)))
    before = [ray.get(each.state.remote())[0] for each in (plain, retrying)]
    for process in before:
        os.kill(process, signal.SIGKILL)

    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(loops[0], timeout=30)
    wait_until(lambda: restarted(plain, before[0]) is not None)
    wait_until(lambda: 20 < (restarted(retrying, before[1]) or (0, 0))[1] < 200)
    assert not ray.wait([loops[1]], timeout=0)[0]
    assert ray.get(plain.state.remote())[1] == 0
