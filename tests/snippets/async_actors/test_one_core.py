"""Threads of pure Python keep no more than one core busy, in an async actor as elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.async_actors.one_core import Cruncher

if TYPE_CHECKING:
    from collections.abc import Callable


def test_four_threads_keep_one_core_busy() -> None:
    """Four threads use some CPU time, and one core's at most, give or take."""
    cores: Any = ray.get(Cruncher.remote().crunch_on.remote(threads=4))
    assert 0 < cores < 1.5


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_the_cores(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares one thread with four."""
    printed = run_snippet("snippets.async_actors.one_core", varying=["decimal"])
    lines = re.findall(r"^threads: (\d), cores kept busy: (\d\.\d)$", printed, re.MULTILINE)
    assert [threads for threads, _ in lines] == ["1", "4"]
    assert all(0 < float(cores) < 1.5 for _, cores in lines)
