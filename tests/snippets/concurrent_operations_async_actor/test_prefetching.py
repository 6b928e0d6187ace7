"""A polling loop may ask for its next item before it has processed this one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.prefetching import PrefetchingActor, SlowStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


@pytest.mark.recording
def test_a_fetch_overlaps_with_the_work_on_the_item_before(
    recorded: Callable[[], Recording],
) -> None:
    """One loop never fetches while it processes; the other does, from the first item on."""
    actor = PrefetchingActor.remote(SlowStore.remote())
    ray.get(actor.run.remote(5))
    assert not _overlaps(recorded())
    ray.get(actor.run_prefetching.remote(5))
    assert _overlaps(recorded())


def _overlaps(seen: Recording) -> bool:
    works: list[Any] = seen.of("PrefetchingActor._process")
    return any(
        work.start < fetch.start < work.stop
        for fetch in seen.of("SlowStore.fetch")
        for work in works
    )


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_that_prefetching_takes_less_time(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the two."""
    printed = run_snippet(
        "snippets.concurrent_operations_async_actor.prefetching", varying=["decimal"]
    )
    took = re.findall(r"^10 items: ([\d.]+) s$", printed, re.MULTILINE)
    one_by_one, prefetching = map(float, took)
    assert prefetching < one_by_one
