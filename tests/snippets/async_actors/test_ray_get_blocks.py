"""`ray.get` and `ray.wait` in an async method stop the event loop; `await` does not."""

from __future__ import annotations

import asyncio
import logging.handlers
import queue
import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.async_actors.ray_get_blocks import Reader, SlowStore, call_until_done

if TYPE_CHECKING:
    from collections.abc import Callable


def test_ray_wait_stops_the_loop_too() -> None:
    """No call runs while an async method waits in `ray.wait`."""

    @ray.remote
    class Waiter:
        def __init__(self, store: Any) -> None:
            self.store = store
            self.calls = 0

        async def other_task(self) -> None:
            self.calls += 1

        async def wait(self) -> int:
            calls = self.calls
            ray.wait([self.store.fetch.remote()])
            return self.calls - calls

    waiter = Waiter.remote(SlowStore.remote())
    ray.get(waiter.other_task.remote())
    assert call_until_done(waiter, waiter.wait.remote()) == 0


@pytest.mark.parametrize("method", ["block", "block_in_plain_method"])
def test_ray_warns_of_get_once_and_of_wait_at_debug_level(method: str) -> None:
    """Two calls of each in one process give one warning, of `ray.get`; in plain methods, too."""

    @ray.remote
    class Blocker:
        async def block(self) -> list[tuple[str, str]]:
            return self.block_in_plain_method()

        def block_in_plain_method(self) -> list[tuple[str, str]]:
            records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
            logger = logging.getLogger("ray")
            logger.addHandler(logging.handlers.QueueHandler(records))
            logger.setLevel(logging.DEBUG)
            ref = ray.put("there already")
            for _ in range(2):
                ray.get(ref)
                ray.wait([ref])
            told = (records.get() for _ in range(records.qsize()))
            return [(each.levelname, each.getMessage()) for each in told]

    told = ray.get(getattr(Blocker.remote(), method).remote())
    of_get = [level for level, message in told if "blocking ray.get" in message]
    of_wait = [level for level, message in told if "blocking ray.wait" in message]
    assert of_get == ["WARNING"]
    assert set(of_wait) == {"DEBUG"}


def test_ray_warns_of_a_get_on_a_thread_that_blocks_nobody() -> None:
    """The warning comes, and another call runs while the thread waits."""

    @ray.remote
    class Threaded:
        async def other_task(self) -> None:
            pass

        async def get_on_a_thread(self, refs: list[Any]) -> list[str]:
            records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
            logging.getLogger("ray").addHandler(logging.handlers.QueueHandler(records))
            await asyncio.to_thread(ray.get, refs)
            return [records.get().getMessage() for _ in range(records.qsize())]

    threaded = Threaded.remote()
    ray.get(threaded.other_task.remote())
    getting = threaded.get_on_a_thread.remote([SlowStore.remote().fetch.remote()])
    ray.get(threaded.other_task.remote(), timeout=30)
    assert not ray.wait([getting], timeout=0)[0]
    (warning,) = ray.get(getting)
    assert "blocking ray.get inside async actor" in warning


def test_calls_run_while_a_method_awaits_and_not_while_it_gets() -> None:
    """The same fetch blocks all other calls with `ray.get`, and none with `await`."""
    reader = Reader.remote(SlowStore.remote())
    ray.get(reader.other_task.remote())  # the actor takes calls
    assert call_until_done(reader, reader.fetch_with_get.remote()) == 0
    ray.get(reader.other_task.remote(), timeout=30)
    assert call_until_done(reader, reader.fetch_with_await.remote()) > 0


def test_main_prints_both_counts_and_ray_warns_once(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows the difference that await makes, and what Ray says of it."""
    printed = run_snippet(
        "snippets.async_actors.ray_get_blocks",
        varying=["count"],
    )
    (warning,) = [line for line in printed.splitlines() if "pid=" in line]
    assert "Using blocking ray.get inside async actor" in warning
    blocking, awaiting = (line for line in printed.splitlines() if "other calls" in line)
    assert blocking == "ray.get: 0 other calls ran meanwhile"
    assert re.fullmatch(r"await: [1-9]\d* other calls ran meanwhile", awaiting)
