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

TRIES = 3
"""How often a cancel may come just between two items."""


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


def test_a_loop_that_prefetches_can_lose_one_item_more() -> None:
    """The one that it works on and the one that is coming; else it is one at most."""
    assert max(_lost_by("run") for _ in range(TRIES)) <= 1
    assert any(_lost_by("run_prefetching") == 2 for _ in range(TRIES))


def _lost_by(loop: str) -> int:
    """Return how many items a loop has fetched and not processed when it is cancelled."""

    @ray.remote
    class CountingStore:
        def __init__(self) -> None:
            self.fetched = 0

        async def fetch(self) -> int:
            self.fetched += 1
            return self.fetched

        async def count(self) -> int:
            return self.fetched

    store = CountingStore.remote()
    actor = PrefetchingActor.remote(store)
    running = getattr(actor, loop).remote(1000)
    while ray.get(store.count.remote(), timeout=30) < 4:
        assert not ray.wait([running], timeout=0.01)[0]
    ray.cancel(running, recursive=False)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(running, timeout=30)
    last = ray.get(actor.__ray_call__.remote(lambda self: self.last_processed), timeout=30)
    return int(ray.get(store.count.remote(), timeout=30)) - int(last)


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_that_prefetching_takes_less_time(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the two."""
    printed = run_snippet(
        "snippets.concurrent_operations_async_actor.prefetching", varying=["decimal"]
    )
    took = re.findall(r"^10 items: ([\d.]+) s$", printed, re.MULTILINE)
    one_by_one, prefetching = map(float, took)
    assert prefetching < one_by_one
