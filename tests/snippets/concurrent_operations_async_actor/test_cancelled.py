"""Cancelling the call of run ends the loop, loses its item, and leaves the actor."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor.answering import LongPollingActorAsync
from snippets.concurrent_operations_async_actor.asking import wait_for_items

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 5
"""How often a cancel may come just between two items."""


def start_polling(data_store_actor: Any) -> tuple[Any, Any]:
    """Return an actor whose loop has begun to poll, and the ref of the loop."""
    poller = LongPollingActorAsync.remote(data_store_actor)
    polling = poller.run.remote()
    wait_for_items(2, data_store_actor, polling)
    return poller, polling


def test_a_cancelled_loop_polls_no_more_and_its_actor_answers(
    data_store_actor: Any, nobody_polls: Callable[[Any], bool]
) -> None:
    """Before the cancel others fetch too; after it, nobody does."""
    poller, polling = start_polling(data_store_actor)
    assert not nobody_polls(data_store_actor)

    ray.cancel(polling)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(polling, timeout=30)
    assert nobody_polls(data_store_actor)
    assert ray.get(poller.other_task.remote(), timeout=30).startswith("item ")


def test_the_item_in_flight_is_lost(data_store_actor: Any) -> None:
    """The store has handed out an item after the last one that the loop has processed."""
    poller = LongPollingActorAsync.remote(data_store_actor)
    lost = 0
    for _ in range(TRIES):
        polling = poller.run.remote()
        wait_for_items(2, data_store_actor, polling)
        ray.cancel(polling)
        with pytest.raises(ray.exceptions.TaskCancelledError):
            ray.get(polling, timeout=30)
        last = ray.get(poller.other_task.remote(), timeout=30)
        fetched, _ = ray.get(data_store_actor.count.remote())  # when the store has ended its fetch
        lost = fetched - int(last.removeprefix("item "))
        if lost:
            break
    assert lost == 1


@pytest.mark.parametrize("recursive", [True, False])
def test_a_cancel_goes_on_to_the_call_that_is_awaited_unless_told_not_to(
    *, recursive: bool
) -> None:
    """An async store's `fetch` ends with the `run` that awaits it; or it ends as it would."""

    @ray.remote
    class AsyncStore:
        def __init__(self, seconds: float) -> None:
            self.seconds = seconds
            self.fetching = asyncio.Event()
            self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def fetch(self) -> str:
            self.fetching.set()
            try:
                await asyncio.sleep(self.seconds)
            except asyncio.CancelledError:
                self.ended.set_result("cancelled")
                raise
            self.ended.set_result("finished")
            return "item"

        async def wait_for_fetch(self) -> None:
            await self.fetching.wait()

        async def how_it_ended(self) -> str:
            return await self.ended

    store = AsyncStore.remote(60 if recursive else 1)  # a cancel comes late on a busy machine
    polling = LongPollingActorAsync.remote(store).run.remote()
    ray.get(store.wait_for_fetch.remote(), timeout=30)
    ray.cancel(polling, recursive=recursive)
    if not recursive:  # else, now and then, Ray never tells of its end
        with pytest.raises(ray.exceptions.TaskCancelledError):
            ray.get(polling, timeout=30)
    ended = ray.get(store.how_it_ended.remote(), timeout=30)
    assert ended == ("cancelled" if recursive else "finished")


def test_killing_the_actor_ends_its_loop(
    data_store_actor: Any, nobody_polls: Callable[[Any], bool]
) -> None:
    """Until then the loop polls; afterwards nobody does, and the actor answers nobody."""
    poller, polling = start_polling(data_store_actor)
    assert not nobody_polls(data_store_actor)
    ray.kill(poller)
    with pytest.raises(ray.exceptions.ActorDiedError):
        ray.get(polling, timeout=30)
    assert nobody_polls(data_store_actor)
    with pytest.raises(ray.exceptions.ActorDiedError):
        ray.get(poller.other_task.remote(), timeout=30)


def test_dropping_the_handle_does_not_end_the_loop(data_store_actor: Any) -> None:
    """Nobody holds the actor any more, and its loop polls on."""
    poller, polling = start_polling(data_store_actor)
    del poller
    wait_for_items(40, data_store_actor, polling)


def test_main_prints_how_the_loop_ends(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows the end of the loop, and an answer after it."""
    lines = run_snippet(
        "snippets.concurrent_operations_async_actor.cancelled", varying=["count"]
    ).splitlines()
    assert lines[-3] == "run is cancelled"
    last = re.fullmatch(r"other_task answers as before: item (\d+)", lines[-2])
    fetched = re.fullmatch(r"items fetched: (\d+)", lines[-1])
    assert last
    assert fetched
    assert 0 <= int(fetched[1]) - int(last[1]) <= 1
