"""The data store hands out numbered items, and counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ray

from snippets.concurrent_operations_async_actor.data_store import DataStore

if TYPE_CHECKING:
    from collections.abc import Callable


def test_each_fetch_gives_the_next_item_and_is_counted(data_store_actor: Any) -> None:
    """Items are numbered from one; asking for the counts fetches nothing."""
    assert ray.get(data_store_actor.count.remote()) == (0, 0)
    assert ray.get(data_store_actor.fetch.remote()) == "item 1"
    assert ray.get(data_store_actor.fetch.remote()) == "item 2"
    ray.get(data_store_actor.mark_processed.remote())
    assert ray.get(data_store_actor.count.remote()) == (2, 1)


def test_ray_starts_at_the_first_remote_call() -> None:
    """A program need not call `ray.init`."""
    ray.shutdown()
    assert not ray.is_initialized()
    store = DataStore.remote()
    assert ray.is_initialized()
    assert ray.get(store.fetch.remote()) == "item 1"


def test_main_prints_the_items(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows the first three items."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.data_store")
    assert printed == "fetched: item 1, item 2, item 3\n"
