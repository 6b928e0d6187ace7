"""The async actor answers while its polling loop works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor import answering, asking

if TYPE_CHECKING:
    from collections.abc import Callable


def test_other_task_answers_while_more_items_get_processed(
    data_store_actor: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Each answer comes from within the loop's run, and names a later item."""
    poller = answering.LongPollingActorAsync.remote(data_store_actor)
    polling = poller.run.remote()
    asking.wait_for_items(2, data_store_actor, polling)

    def last_processed() -> int:
        answer = ray.get(poller.other_task.remote(), timeout=30)
        return int(answer.removeprefix("item "))

    seen = last_processed()
    wait_until(lambda: last_processed() >= seen + 10)
    assert not ray.wait([polling], timeout=0)[0]


def test_answers_are_timed_while_the_loop_turns(
    data_store_actor: Any, time_answers: Callable[..., list[float]], measure: Callable[..., None]
) -> None:
    """Twenty questions, an item of the loop between any two of them, get twenty answers."""
    poller = answering.LongPollingActorAsync.remote(data_store_actor)
    took = time_answers(poller, poller.run.remote())
    assert len(took) == 20
    measure("answer of the async actor", "ms", took)


def test_the_loop_does_not_die_unseen(broken_store: Any) -> None:
    """Who holds the ref of run gets the error that ended the loop."""
    poller = answering.LongPollingActorAsync.remote(broken_store)
    with pytest.raises(OSError, match="the store is broken"):
        ray.get(poller.run.remote(), timeout=30)


@pytest.mark.recording("answering", begin="LongPollingActorAsync.run")
def test_main_prints_the_answer(run_snippet: Callable[..., str]) -> None:
    """The driver that the blocked actor keeps waiting gets an answer here."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.answering", varying=["count"])
    before, asked, after = printed.splitlines()
    assert re.fullmatch(r"other_task answered: item \d+", asked)
    first = re.fullmatch(r"run is polling: (\d+) items processed", before)
    last = re.fullmatch(r"run is still polling: (\d+) items processed", after)
    assert first
    assert last
    assert int(last[1]) > int(first[1])
