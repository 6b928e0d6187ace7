"""Waiting by `sleep(0)` keeps the CPU busy; resting does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ray

from snippets.async_actors.spinning import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable


def test_spinning_burns_the_cpu_time_that_resting_leaves() -> None:
    """The wait is as long in both ways; its cost is not."""
    waiter = Waiter.remote()
    spinning = ray.get(waiter.spin.remote(seconds=1))
    resting = ray.get(waiter.rest.remote(seconds=1))
    assert spinning > 3 * resting


def test_both_ways_let_a_quicker_call_overtake(overtakes: Callable[[Any, Any], bool]) -> None:
    """Spinning is not blocking: a call that starts later and takes less time ends first."""
    waiter = Waiter.remote()
    ray.get(waiter.rest.remote(seconds=0))  # the actor takes calls
    for way in (waiter.spin, waiter.rest):
        long = way.remote(seconds=1)
        assert overtakes(waiter.rest.remote(seconds=0), long)
        ray.get(long)


def test_main_prints_both_costs(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows CPU time beside CPU time."""
    spinning, resting = run_snippet("snippets.async_actors.spinning").splitlines()
    assert re.fullmatch(r"1 second of spinning: \d\.\d\d s of CPU time", spinning)
    assert re.fullmatch(r"1 second of rest: \d\.\d\d s of CPU time", resting)
