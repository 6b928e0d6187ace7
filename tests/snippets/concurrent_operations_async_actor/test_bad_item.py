"""A loop that sets bad items aside outlives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ray

from snippets.concurrent_operations_async_actor.asking import wait_for_items
from snippets.concurrent_operations_async_actor.bad_item import LastingPollingActor

if TYPE_CHECKING:
    from collections.abc import Callable


def test_items_after_a_bad_one_are_processed(data_store_actor: Any) -> None:
    """The third item fails, the loop goes on, and the actor says which one it was."""
    poller = LastingPollingActor.remote(data_store_actor)
    wait_for_items(10, data_store_actor, poller.run.remote())
    bad = ray.get(poller.bad_items.remote(), timeout=30)
    assert bad == {"item 3": "cannot process item 3"}


def test_main_prints_what_is_set_aside(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, polls on beyond the bad item."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.bad_item", varying=["count"])
    assert printed.splitlines()[-1] == "set aside: {'item 3': 'cannot process item 3'}"
