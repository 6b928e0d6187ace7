"""Waiting by `sleep(0)` keeps the CPU busy; resting does not."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.async_actors.spinning import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable


def test_spinning_costs_cpu_time_and_resting_does_not(
    overtakes: Callable[[Any, Any], bool],
) -> None:
    """Both ways let a quicker call overtake; only one keeps the CPU busy meanwhile."""
    waiter = Waiter.remote()
    ray.get(waiter.rest.remote(seconds=0))  # the actor takes calls
    spinning = waiter.spin.remote(seconds=1)
    assert overtakes(waiter.rest.remote(seconds=0), spinning)
    spun = ray.get(spinning)
    resting = waiter.rest.remote(seconds=1)
    assert overtakes(waiter.rest.remote(seconds=0), resting)
    assert spun > 3 * ray.get(resting)


def test_sleep_zero_comes_back_before_the_others_have_ended() -> None:
    """Of three calls that take three turns each, all have had one after one `sleep(0)`."""

    async def take_three_turns(turns: list[int], number: int) -> None:
        for _ in range(3):
            turns[number] += 1
            await asyncio.sleep(0)

    async def count_turns() -> tuple[list[int], list[int]]:
        turns = [0, 0, 0]
        others = [asyncio.ensure_future(take_three_turns(turns, number)) for number in range(3)]
        await asyncio.sleep(0)
        soon = turns.copy()
        await asyncio.gather(*others)
        return soon, turns

    assert asyncio.run(count_turns()) == ([1, 1, 1], [3, 3, 3])


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_both_costs(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows CPU time beside CPU time."""
    spinning, resting = run_snippet(
        "snippets.async_actors.spinning", varying=["decimal"]
    ).splitlines()
    assert re.fullmatch(r"1 second of spinning: \d\.\d\d s of CPU time", spinning)
    assert re.fullmatch(r"1 second of rest: \d\.\d\d s of CPU time", resting)
