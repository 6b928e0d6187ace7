"""What the recorder costs: the same tests, recorded and not recorded in turns."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING

from bench.goal import Cost
from bench.process import FailedError, python, run
from bench.site import copy_site
from bench.toggle import LOG, ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.row import Row

MOST = 1.03
TESTS = [
    "tests/snippets/concurrent_operations_async_actor/test_data_store.py",
    "tests/snippets/concurrent_operations_async_actor/test_dead_loop.py",
    "tests/snippets/async_actors/test_across_await.py",
    "tests/snippets/async_actors/test_async_generator.py",
]
"""Tests that do the same in each run, and hardly sleep."""


def measure(folder: Path, edits: int) -> Iterator[Row]:
    """Run tests with and without the recorder, at least ten times each."""
    goals = {
        "wall": Cost("recorder on, against off: tests' wall clock", MOST),
        "cpu": Cost("recorder on, against off: tests' CPU time, driver and workers", MOST),
    }
    log, site = folder / "log", folder / "site"
    variables = {LOG: str(log), ROUNDS: str(edits + 1), "PYTHONPATH": str(site)}  # for workers
    try:
        run(
            python("-m", "pytest", "-q", "-p", "bench.toggle", *TESTS),
            copy_site(site),
            variables=variables,
        )
    except FailedError as error:
        yield from (goal.missing(str(error)) for goal in goals.values())
        return
    runs = [json.loads(line) for line in log.read_text().splitlines()]
    for spent, goal in goals.items():
        yield goal.row(_typical(runs, spent, recorded=True), _typical(runs, spent, recorded=False))


def _typical(runs: list[dict[str, float]], spent: str, *, recorded: bool) -> float:
    """Return what all tests take: for each its median, without its first run, which warms up."""
    by_test: dict[float, list[float]] = {}
    for each in runs:
        if each["recorded"] == recorded:
            by_test.setdefault(each["test"], []).append(each[spent])
    return sum(statistics.median(values[1:]) for values in by_test.values())
