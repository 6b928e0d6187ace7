"""A plain actor that polls on a second thread answers on its first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.asking import ask_while_polling, wait_for_items
from snippets.concurrent_operations_async_actor.background_thread import (
    LongPollingActorWithThread,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_thread_polls_while_methods_answer(
    data_store_actor: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """`run` returns at once; each answer comes while the thread polls, and names a later item."""
    poller = LongPollingActorWithThread.remote(data_store_actor)
    polling = poller.run.remote()
    ray.get(polling, timeout=30)
    wait_for_items(2, data_store_actor, polling)

    def last_processed() -> int:
        answer = ray.get(poller.other_task.remote(), timeout=30)
        return int(answer.removeprefix("item "))

    seen = last_processed()
    wait_until(lambda: last_processed() >= seen + 10)


def test_answers_are_timed_while_the_thread_polls(
    data_store_actor: Any, time_answers: Callable[..., list[float]], measure: Callable[..., None]
) -> None:
    """Twenty questions, an item of the thread between any two of them, get twenty answers."""
    poller = LongPollingActorWithThread.remote(data_store_actor)
    took = time_answers(poller, poller.run.remote())
    assert len(took) == 20
    measure("answer beside a thread", "ms", took)


def test_stopping_ends_the_loop_and_names_its_last_item(
    data_store_actor: Any, nobody_polls: Callable[[Any], bool]
) -> None:
    """No item is fetched after stop has returned, and none was left unprocessed."""
    poller = LongPollingActorWithThread.remote(data_store_actor)
    ask_while_polling(poller, data_store_actor)
    last = ray.get(poller.stop.remote(), timeout=30)
    fetched, _ = ray.get(data_store_actor.count.remote())
    assert last == f"item {fetched}"
    assert nobody_polls(data_store_actor)


def test_stopping_raises_the_error_that_ended_the_loop(broken_store: Any) -> None:
    """A thread that died is not taken for one that polls."""
    poller = LongPollingActorWithThread.remote(broken_store)
    ray.get(poller.run.remote(), timeout=30)
    with pytest.raises(OSError, match="the store is broken"):
        ray.get(poller.stop.remote(), timeout=30)


def test_a_cancel_does_not_end_the_thread(data_store_actor: Any) -> None:
    """Its call has returned: there is nothing that could be cancelled."""
    poller = LongPollingActorWithThread.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)
    ray.cancel(polling)
    wait_for_items(20, data_store_actor, polling)
    assert ray.get(polling) is None


def test_a_second_run_is_refused_and_stop_needs_no_run(data_store_actor: Any) -> None:
    """Two loops would process items side by side; nothing is lost where none was started."""
    poller = LongPollingActorWithThread.remote(data_store_actor)
    assert ray.get(poller.stop.remote(), timeout=30) is None
    ray.get(poller.run.remote(), timeout=30)
    with pytest.raises(RuntimeError, match="run is polling already"):
        ray.get(poller.run.remote(), timeout=30)


def test_main_prints_the_answer_and_the_last_item(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, ends by itself and says how it went."""
    printed = run_snippet(
        "snippets.concurrent_operations_async_actor.background_thread", varying=["count"]
    )
    _, asked, _, stopped = printed.splitlines()
    assert re.fullmatch(r"other_task answered: item \d+", asked)
    assert re.fullmatch(r"stopped after item \d+", stopped)
