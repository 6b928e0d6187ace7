"""A loop that is asked to stop finishes its item, and loses none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.asking import ask_while_polling, wait_for_items
from snippets.concurrent_operations_async_actor.stopping import StoppablePollingActor

if TYPE_CHECKING:
    from collections.abc import Callable


def test_stopping_loses_no_item(
    data_store_actor: Any,
    nobody_polls: Callable[[Any], bool],
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """All that was fetched is processed, and after that nobody fetches."""
    poller = StoppablePollingActor.remote(data_store_actor)
    polling = ask_while_polling(poller, data_store_actor)
    ray.get(poller.stop.remote(), timeout=30)
    last = ray.get(polling, timeout=30)
    fetched, _ = ray.get(data_store_actor.count.remote())
    assert last == f"item {fetched}"
    # The store hears of the last one a little later: nobody waits for that call.
    wait_until(lambda: ray.get(data_store_actor.count.remote()) == (fetched, fetched))
    assert nobody_polls(data_store_actor)


def test_a_second_run_is_refused_and_the_first_goes_on(data_store_actor: Any) -> None:
    """Two loops would poll side by side."""
    poller = StoppablePollingActor.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)
    with pytest.raises(RuntimeError, match="run is polling already"):
        ray.get(poller.run.remote(), timeout=30)
    wait_for_items(2, data_store_actor, polling)


def test_an_actor_that_has_stopped_can_run_again(data_store_actor: Any) -> None:
    """Also one that was told to stop before it ran."""
    poller = StoppablePollingActor.remote(data_store_actor)
    for _ in range(2):
        ray.get(poller.stop.remote(), timeout=30)
        polling = poller.run.remote()
        wait_for_items(2, data_store_actor, polling)
        ray.get(poller.stop.remote(), timeout=30)
        ray.get(polling, timeout=30)


def test_main_prints_that_no_item_is_lost(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, ends by itself, with as many items processed as fetched."""
    lines = run_snippet(
        "snippets.concurrent_operations_async_actor.stopping", varying=["count"]
    ).splitlines()
    last = re.fullmatch(r"run has returned after item (\d+)", lines[-2])
    assert last
    assert lines[-1] == f"items fetched: {last[1]}"
