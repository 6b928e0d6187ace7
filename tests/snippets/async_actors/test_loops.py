"""Who begins the loops of an actor, and how many there are."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import ray

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def test_a_task_begun_in_init_polls_without_a_caller(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """`__init__` of an async actor runs on its event loop; in a plain actor there is none."""

    @ray.remote
    class Poller:
        def __init__(self) -> None:
            self.turns = 0
            self.polling = asyncio.get_running_loop().create_task(self._run())

        async def _run(self) -> None:
            while True:
                self.turns += 1
                await asyncio.sleep(0.01)

        async def count(self) -> int:
            return self.turns

    @ray.remote
    class Plain:
        def __init__(self) -> None:
            self.polling = asyncio.get_running_loop()

        def count(self) -> None:
            """Never runs."""

    poller, plain = Poller.remote(), Plain.remote()
    wait_until(lambda: ray.get(poller.count.remote()) > 20)
    with pytest.raises(ray.exceptions.RayActorError, match="no running event loop"):
        ray.get(plain.count.remote(), timeout=30)


def test_two_calls_of_a_loop_are_two_loops(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Both turn; when one is cancelled, only the other goes on."""

    @ray.remote
    class Poller:
        def __init__(self) -> None:
            self.turns: Counter[str] = Counter()

        async def run(self, name: str) -> None:
            while True:
                self.turns[name] += 1
                await asyncio.sleep(0.01)

        async def get_turns(self) -> Counter[str]:
            return self.turns

    poller = Poller.remote()
    first, _second = (poller.run.remote(name) for name in ("first", "second"))
    wait_until(lambda: min(ray.get(poller.get_turns.remote())[n] for n in ("first", "second")) > 20)
    ray.cancel(first)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(first, timeout=30)
    before = ray.get(poller.get_turns.remote())
    wait_until(lambda: ray.get(poller.get_turns.remote())["second"] > before["second"] + 20)
    assert ray.get(poller.get_turns.remote())["first"] == before["first"]


def test_async_for_takes_an_item_before_the_next_is_made() -> None:
    """The generator waits for what its consumer does with the first item."""

    @ray.remote
    class Source:
        def __init__(self) -> None:
            self.taken = asyncio.Event()

        async def items(self) -> AsyncIterator[str]:
            yield "first"
            await self.taken.wait()
            yield "second"

        async def take(self) -> None:
            self.taken.set()

    async def consume(source: Any) -> list[str]:
        items = []
        async for ref in source.items.remote():
            items.append(await ref)
            await source.take.remote()
        return items

    assert asyncio.run(asyncio.wait_for(consume(Source.remote()), 30)) == ["first", "second"]
