"""Threads of pure Python keep no more than one core busy, in an async actor as elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ray

from snippets.async_actors.one_core import Cruncher

if TYPE_CHECKING:
    from collections.abc import Callable


def test_threads_share_one_core() -> None:
    """Four threads that compute use some CPU time, and one core's at most, give or take."""
    cores: Any = ray.get(Cruncher.remote().crunch_on.remote(threads=4))
    assert 0 < cores < 1.5


def test_main_prints_the_cores(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows one thread and four."""
    one, four = run_snippet("snippets.async_actors.one_core").splitlines()
    assert re.fullmatch(r"threads: 1, cores kept busy: [01]\.\d", one)
    assert re.fullmatch(r"threads: 4, cores kept busy: [01]\.\d", four)
