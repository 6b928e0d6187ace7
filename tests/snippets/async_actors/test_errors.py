"""How to learn that a loop has died, from the ref of its call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import ray

if TYPE_CHECKING:
    from collections.abc import Callable


def test_wait_and_a_done_callback_tell_of_a_loop_that_died(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """While it lives, neither does, and `ray.get` only waits."""

    @ray.remote
    class Poller:
        def __init__(self) -> None:
            self.failing = asyncio.Event()

        async def run(self) -> None:
            await self.failing.wait()
            message = "the loop died"
            raise OSError(message)

        async def fail(self) -> None:
            self.failing.set()

    poller = Poller.remote()
    polling = poller.run.remote()
    errors: list[Any] = []
    polling.future().add_done_callback(lambda future: errors.append(future.exception()))
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(polling, timeout=0.5)
    assert not ray.wait([polling], timeout=0)[0]
    assert not errors

    ray.get(poller.fail.remote(), timeout=30)
    wait_until(lambda: ray.wait([polling], timeout=0)[0] == [polling])
    wait_until(lambda: len(errors) == 1)
    assert "the loop died" in str(errors[0])
    with pytest.raises(OSError, match="the loop died"):
        ray.get(polling)
