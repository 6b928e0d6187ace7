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
    """Of three calls that take several turns, none has ended after one `sleep(0)`."""

    async def take_three_turns(ended: list[int], number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        ended.append(number)

    async def count_ended() -> tuple[int, int]:
        ended: list[int] = []
        others = [asyncio.ensure_future(take_three_turns(ended, number)) for number in range(3)]
        await asyncio.sleep(0)
        soon = len(ended)
        await asyncio.gather(*others)
        return soon, len(ended)

    assert asyncio.run(count_ended()) == (0, 3)


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_both_costs(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows CPU time beside CPU time."""
    spinning, resting = run_snippet(
        "snippets.async_actors.spinning", varying=["decimal"]
    ).splitlines()
    assert re.fullmatch(r"1 second of spinning: \d\.\d\d s of CPU time", spinning)
    assert re.fullmatch(r"1 second of rest: \d\.\d\d s of CPU time", resting)
