"""The async actor answers while its polling loop works."""

from __future__ import annotations

import asyncio
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor import answering, asking, blocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


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


def test_no_answer_waits_for_the_item_that_run_awaits() -> None:
    """While an item is kept back, an async actor answers twenty times, and a plain one never."""

    @ray.remote
    class SlowStore:
        def __init__(self) -> None:
            self.asked, self.ready = asyncio.Event(), asyncio.Event()

        async def fetch(self) -> str:
            self.asked.set()
            await self.ready.wait()
            return "item"

        async def wait_for_fetch(self) -> None:
            await self.asked.wait()

        async def mark_processed(self) -> None:
            pass

    def poll(poller_class: Any) -> Any:
        store = SlowStore.remote()
        poller = poller_class.remote(store)
        running.append((poller.run.remote(), store))
        ray.get(store.wait_for_fetch.remote(), timeout=30)
        return poller

    running: list[Any] = []
    poller = poll(answering.LongPollingActorAsync)
    assert [ray.get(poller.other_task.remote(), timeout=30) for _ in range(20)] == [None] * 20
    poller = poll(blocked.LongPollingActor)
    assert not ray.wait([poller.other_task.remote()], timeout=2)[0]
    ray.kill(poller)


def test_each_call_is_a_task_of_one_event_loop() -> None:
    """Two calls of an async actor share loop and thread, not the task; a plain one has no loop."""

    @ray.remote
    class AsyncActor:
        async def where(self, seconds: float) -> list[int]:
            await asyncio.sleep(seconds)
            tasks = asyncio.get_running_loop(), asyncio.current_task()
            return [threading.get_ident(), *map(id, tasks)]

    @ray.remote
    class PlainActor:
        def has_loop(self) -> bool:
            try:
                return bool(asyncio.get_running_loop())
            except RuntimeError:
                return False

    actor = AsyncActor.remote()
    one, other = ray.get([actor.where.remote(0.5), actor.where.remote(0.5)])
    assert one[:2] == other[:2]
    assert one[2] != other[2]
    assert not ray.get(PlainActor.remote().has_loop.remote())


@pytest.mark.recording
def test_two_calls_of_run_are_two_loops(
    data_store_actor: Any, recorded: Callable[[], Recording]
) -> None:
    """Nothing refuses the second: both turn in one actor, until it is killed."""
    poller = answering.LongPollingActorAsync.remote(data_store_actor)
    polling = [poller.run.remote(), poller.run.remote()]
    asking.wait_for_items(10, data_store_actor, polling[0])
    asking.wait_for_items(2, data_store_actor, polling[1])
    runs = recorded().of("LongPollingActorAsync.run")
    assert [run.stop for run in runs] == [None, None]
    assert all(len([span for span in run.spans if span.state == "suspended"]) > 2 for run in runs)


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
