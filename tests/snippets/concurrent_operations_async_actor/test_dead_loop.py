"""An actor whose loop has died still answers; only the ref of run tells."""

from __future__ import annotations

import logging.handlers
import queue
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.asking import ask_while_polling
from snippets.concurrent_operations_async_actor.dead_loop import FragilePollingActor

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_answer_does_not_prove_that_the_loop_lives(
    data_store_actor: Any, nobody_polls: Callable[[Any], bool]
) -> None:
    """The loop is over, nothing is fetched any more, and other_task answers all the same."""
    poller = FragilePollingActor.remote(data_store_actor)
    polling = poller.run.remote()
    with pytest.raises(ValueError, match="cannot process item 3"):
        ray.get(polling, timeout=30)
    assert nobody_polls(data_store_actor)
    assert ray.get(poller.other_task.remote(), timeout=30) == "item 2"


def test_asking_between_two_signs_of_life_finds_the_dead_loop(data_store_actor: Any) -> None:
    """The driver does not take an answer alone for success."""
    poller = FragilePollingActor.remote(data_store_actor)
    with pytest.raises(ValueError, match="cannot process item 3"):
        ask_while_polling(poller, data_store_actor)


def test_ray_tells_of_the_error_only_when_its_ref_is_dropped_unread(
    data_store_actor: Any,
    wait_until: Callable[[Callable[[], bool]], None],
    nobody_polls: Callable[[Any], bool],
    request: pytest.FixtureRequest,
) -> None:
    """While the ref is held, the loop dies without a word; then Ray logs "Unhandled error"."""
    told: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler, logger = logging.handlers.QueueHandler(told), logging.getLogger("ray")
    logger.addHandler(handler)
    request.addfinalizer(lambda: logger.removeHandler(handler))
    poller = FragilePollingActor.remote(data_store_actor)
    polling = [poller.run.remote()]  # ray.wait would count as reading it
    wait_until(lambda: ray.get(data_store_actor.count.remote()) == (3, 2))
    assert nobody_polls(data_store_actor)
    assert told.empty()
    polling.clear()
    wait_until(lambda: not told.empty())
    assert "Unhandled error" in told.get().getMessage()


def test_main_prints_the_answer_and_the_error(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows both."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.dead_loop")
    assert printed.splitlines() == [
        "other_task still answers: item 2",
        "but run is dead: cannot process item 3",
    ]
