"""The data store that the pollers poll, and a way to see that nobody does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.asking import wait_for_items
from snippets.concurrent_operations_async_actor.data_store import DataStore

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def data_store_actor() -> Any:
    """Return a data store that nobody has asked yet."""
    return DataStore.remote()


@pytest.fixture
def broken_store() -> Any:
    """Return a data store whose every query fails."""

    @ray.remote
    class BrokenStore:
        def fetch(self) -> None:
            message = "the store is broken"
            raise OSError(message)

    return BrokenStore.remote()


@pytest.fixture
def time_answers(data_store_actor: Any) -> Callable[[Any, Any], list[float]]:
    """Return a function that times twenty answers of a poller, in milliseconds."""

    def probe(poller: Any, polling: Any) -> list[float]:
        took = []
        for _ in range(20):
            # Between two probes the loop turns, or both would fit into one fetch.
            wait_for_items(1, data_store_actor, polling)
            start = time.perf_counter()
            ray.get(poller.other_task.remote(), timeout=30)
            took.append(1000 * (time.perf_counter() - start))
        return took

    return probe


@pytest.fixture
def nobody_polls() -> Callable[[Any], bool]:
    """Return a function that tells whether all items of a store go to the test."""

    def check(data_store_actor: Any) -> bool:
        # One by one, so that a poller's own fetches would come in between.
        items = [ray.get(data_store_actor.fetch.remote()) for _ in range(10)]
        first = int(items[0].removeprefix("item "))
        return items == [f"item {number}" for number in range(first, first + 10)]

    return check
