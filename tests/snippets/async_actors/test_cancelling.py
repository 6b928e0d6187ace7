"""What `ray.cancel` does to a call of an async actor, and to its ref."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import ray

if TYPE_CHECKING:
    from collections.abc import Callable


def has_seen(actor: Any, what: str) -> bool:
    """Tell whether a worker has noted something."""
    return what in ray.get(actor.get_seen.remote())


CANCELLED = ray.exceptions.TaskCancelledError
OF_A_TASK = ray.exceptions.RayTaskError


@pytest.fixture
def worker() -> Any:
    """Return the class of an actor that notes how its calls begin and end."""

    @ray.remote
    class Worker:
        def __init__(self) -> None:
            self.seen: list[str] = []

        async def get_seen(self) -> list[str]:
            return self.seen

        async def wait(self, name: str = "wait") -> None:
            self.seen.append(f"{name} began")
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                self.seen.append(f"{name} cancelled")
                raise

        async def compute(self) -> None:
            self.seen.append("compute began")
            time.sleep(1)  # no await, as if it computed  # noqa: ASYNC251
            self.seen.append("compute ended")

        async def swallow(self) -> str:
            self.seen.append("swallow began")
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                self.seen.append("swallow went on")
            return "result"

    return Worker


def test_a_cancel_arrives_at_an_await_and_nowhere_else(
    worker: Any, wait_until: Callable[[Callable[[], bool]], None], measure: Callable[..., None]
) -> None:
    """A call that awaits ends there, one that does not runs to its end; by force is refused."""
    actor = worker.remote()
    took = []
    for number in range(5):
        waiting = actor.wait.remote(f"wait {number}")
        wait_until(partial(has_seen, actor, f"wait {number} began"))
        with pytest.raises(ValueError, match="force"):
            ray.cancel(waiting, force=True)
        assert not ray.wait([waiting], timeout=0)[0]
        start = time.perf_counter()
        ray.cancel(waiting)
        with pytest.raises(CANCELLED):
            ray.get(waiting, timeout=30)
        took.append(1000 * (time.perf_counter() - start))
        assert f"wait {number} cancelled" in ray.get(actor.get_seen.remote())
    measure("end of a cancelled call", "ms", took)

    computing = actor.compute.remote()
    assert not ray.wait([computing], timeout=0.3)[0]
    ray.cancel(computing)
    with pytest.raises(CANCELLED):
        ray.get(computing, timeout=30)
    assert ray.get(actor.get_seen.remote())[-2:] == ["compute began", "compute ended"]


def test_the_ref_raises_even_if_the_call_swallows_its_cancel(
    worker: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """The result is lost, where a task of asyncio would have it."""
    actor = worker.remote()
    swallowing = actor.swallow.remote()
    wait_until(lambda: ray.get(actor.get_seen.remote()) == ["swallow began"])
    ray.cancel(swallowing)
    with pytest.raises(CANCELLED) as raised:
        ray.get(swallowing, timeout=30)
    assert isinstance(raised.value, OF_A_TASK)
    assert ray.get(actor.get_seen.remote())[-1] == "swallow went on"

    async def swallow() -> str:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            return "result"
        return "not cancelled"

    async def cancel() -> str:
        task = asyncio.ensure_future(swallow())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(cancel()) == "result"


def test_a_call_that_is_cancelled_before_it_starts_never_does(worker: Any) -> None:
    """If it waits for a place, its ref raises when there is one; in no case an error of a task."""

    @ray.remote
    def never_ready() -> None:
        time.sleep(1000)

    actor = worker.options(max_concurrency=1).remote()
    ray.get(actor.get_seen.remote())
    waits_for_argument = actor.wait.remote(never_ready.remote())
    ray.cancel(waits_for_argument)
    first = actor.wait.remote("first")
    waits_for_place = actor.wait.remote("second")
    ray.wait([first, waits_for_place], timeout=0.5)
    ray.cancel(waits_for_place)
    assert ray.wait([waits_for_place, waits_for_argument], timeout=1)[0] == [waits_for_argument]
    ray.cancel(first)
    for never_began in (waits_for_place, waits_for_argument):
        with pytest.raises(CANCELLED) as raised:
            ray.get(never_began, timeout=30)
        assert not isinstance(raised.value, OF_A_TASK)
    assert ray.get(actor.get_seen.remote()) == ["first began", "first cancelled"]
