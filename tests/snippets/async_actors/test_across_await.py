"""One coroutine runs at a time, and others come in at its awaits."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from typing import TYPE_CHECKING

import pytest
import ray

from snippets.async_actors.across_await import Account, deposit_ten_times

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 20
"""How often the calls may come too late, on a busy machine."""


@ray.remote
class _Counter:
    """Counts the calls that others get in, while it awaits what need not wait."""

    def __init__(self) -> None:
        self.calls = 0
        self.lock = asyncio.Lock()

    async def other_task(self) -> None:
        self.calls += 1

    async def take_free_lock(self) -> None:
        async with self.lock:
            pass

    async def return_at_once(self) -> None:
        pass

    async def calls_during(self, way: str) -> tuple[int, int]:
        time.sleep(0.5)  # the calls of the test come meanwhile  # noqa: ASYNC251 - on purpose
        before = self.calls
        for _ in range(100):
            await getattr(self, way)()
        during = self.calls
        for _ in range(100):
            await asyncio.sleep(0)
        return during - before, self.calls - during


def test_deposits_are_lost_across_an_await_and_nowhere_else() -> None:
    """Without an await, or behind a lock, ten deposits make ten; the lock takes longest."""
    account = Account.remote()
    assert deposit_ten_times(account, account.deposit) == 10
    times = [time.monotonic()]
    assert 0 < deposit_ten_times(account, account.deposit_across_await) < 10
    times.append(time.monotonic())
    assert deposit_ten_times(account, account.deposit_with_lock) == 10
    times.append(time.monotonic())
    across, with_lock = (after - before for before, after in itertools.pairwise(times))
    assert with_lock > across


def test_an_await_that_need_not_wait_lets_nobody_in() -> None:
    """A free lock and a coroutine that returns at once suspend nothing; `sleep(0)` does."""
    counter = _Counter.remote()
    ray.get(counter.other_task.remote())

    def let_in(way: str) -> int:
        for _ in range(TRIES):
            counting = counter.calls_during.remote(way)
            others = [counter.other_task.remote() for _ in range(10)]
            ray.get(others, timeout=30)
            during, in_sleep = ray.get(counting)
            if in_sleep:  # so they were ready before it
                return int(during)
        pytest.fail(f"in {TRIES} tries no call was ready in time")

    assert let_in("take_free_lock") == let_in("return_at_once") == 0


def test_main_prints_how_many_deposits_are_kept(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows which way loses deposits."""
    alone, across, locked = run_snippet(
        "snippets.async_actors.across_await", varying=["count"]
    ).splitlines()
    assert alone == "without an await: 10 of 10 deposits kept"
    assert re.fullmatch(r"across an await: [1-9] of 10 deposits kept", across)
    assert locked == "with a lock: 10 of 10 deposits kept"
