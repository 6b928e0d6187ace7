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
            self.begun: int | None = None

        async def run(self) -> None:
            self.begun = self.turns
            while True:
                self.turns += 1
                await asyncio.sleep(0.02)

        async def state(self) -> tuple[int, int, int | None]:
            return os.getpid(), self.turns, self.begun

    def turns_since_restart(poller: object, before: int) -> int:
        try:
            process, turns, _ = ray.get(poller.state.remote())
        except ray.exceptions.ActorUnavailableError:
            return -1
        return int(turns) if process != before else -1

    plain, retrying = Poller.remote(), Poller.options(max_task_retries=-1).remote()
    loops = [plain.run.remote(), retrying.run.remote()]
    wait_until(lambda: all(ray.get(each.state.remote())[1] > 20 for each in (plain, retrying)))
    before = [ray.get(each.state.remote())[0] for each in (plain, retrying)]
    for process in before:
        os.kill(process, signal.SIGKILL)

    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(loops[0], timeout=30)
    wait_until(lambda: turns_since_restart(plain, before[0]) >= 0)
    wait_until(lambda: turns_since_restart(retrying, before[1]) > 20)
    assert not ray.wait([loops[1]], timeout=0)[0]
    assert ray.get(retrying.state.remote())[2] == 0
    assert ray.get(plain.state.remote())[1:] == (0, None)
