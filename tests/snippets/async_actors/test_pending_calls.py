"""`max_pending_calls` refuses calls beyond a limit, which each process counts by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import ray

REFUSED = ray.exceptions.PendingCallsLimitExceeded


def test_a_process_may_have_only_so_many_calls_pending() -> None:
    """The fourth is refused, also to another handle there; another process may call."""

    @ray.remote
    class Room:
        def __init__(self) -> None:
            self.door = asyncio.Event()

        async def wait(self) -> None:
            await self.door.wait()

        async def open(self) -> None:
            self.door.set()

    @ray.remote
    def open_it(handle: Any) -> None:
        ray.get(handle.open.remote())

    limited: Any = Room
    room = limited.options(max_pending_calls=3, name="room").remote()
    waiting = [room.wait.remote() for _ in range(3)]
    for handle in (room, ray.get_actor("room")):
        with pytest.raises(REFUSED):
            handle.wait.remote()
    ray.get(open_it.remote(room), timeout=30)
    ray.get(waiting, timeout=30)
    ray.get(room.wait.remote(), timeout=30)
