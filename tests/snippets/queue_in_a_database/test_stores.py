"""What both job stores promise."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from snippets.queue_in_a_database.process_queue import Poller
from snippets.queue_in_a_database.stores import job_store

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def test_a_late_owner_cannot_finish_a_job_that_another_has_claimed(url: str) -> None:
    """A lease that has ended is no longer its owner's; put twice, a job is finished once."""

    async def run(late: Any, prompt: Any) -> None:
        for _ in range(2):
            await late.put(1)
        assert await late.claim() == 1
        assert await prompt.claim() == 1
        assert await late.claim() is None
        assert not await late.finish(1)
        assert (await prompt.done(), await prompt.in_hand()) == (0, 1)
        assert await prompt.finish(1)
        assert not await prompt.finish(1)
        assert (await late.done(), await late.in_hand()) == (1, 0)

    _with_stores(url, {"lease": 0}, {"lease": 3600}, run)


def _with_stores(
    url: str,
    options: dict[str, int],
    others: dict[str, int],
    run: Callable[[Any, Any], Coroutine[Any, Any, None]],
) -> None:
    """Let two stores of one database be used, and close them: a SQLite file keeps a thread."""

    async def main() -> None:
        async with (
            aclosing(job_store(url, "one", **options)) as one,
            aclosing(job_store(url, "other", **others)) as other,
        ):
            await one.create()
            await run(one, other)

    asyncio.run(main())


class _HeldPoller(Poller):
    """Works on a job until it is let go."""

    def __init__(self, store: object) -> None:
        super().__init__(store)
        self.begun, self.let_go = asyncio.Event(), asyncio.Event()

    async def _process(self, job: int) -> None:
        del job
        self.begun.set()
        await self.let_go.wait()


def test_a_pause_waits_for_the_job_in_hand_and_no_other_is_claimed(url: str) -> None:
    """It returns when the job that is worked on is done, and no sooner."""

    async def run(store: Any, watcher: Any) -> None:
        for job in (1, 2):
            await store.put(job)
        poller = _HeldPoller(store)
        running = asyncio.create_task(poller.run())
        await asyncio.wait_for(poller.begun.wait(), 30)
        pausing = asyncio.create_task(poller.pause())
        await watcher.in_hand()  # so that it has begun to wait
        assert not pausing.done()
        poller.let_go.set()
        assert await asyncio.wait_for(pausing, 30) == 1
        assert (poller.claims, await watcher.done(), await watcher.in_hand()) == (1, 1, 0)
        await poller.stop()
        await poller.resume()
        await asyncio.wait_for(running, 30)

    _with_stores(url, {"lease": 3600}, {}, run)


class _PickyPoller(Poller):
    """Cannot process one of its jobs."""

    def __init__(self, store: object) -> None:
        super().__init__(store)
        self.tried: list[int] = []

    async def _process(self, job: int) -> None:
        self.tried.append(job)
        if job == 2:
            raise ValueError(job)


def test_a_job_that_fails_three_times_is_set_aside_and_others_go_on(url: str) -> None:
    """Whether its work raises, or its owner dies each time and its lease ends."""

    async def run(mortal: Any, store: Any) -> None:
        await store.put(1)
        for _ in range(3):
            assert await store.set_aside() == []
            assert await mortal.claim() == 1
        assert await store.claim() is None
        for job in (2, 3):
            await store.put(job)
        poller = _PickyPoller(store)
        running = asyncio.create_task(poller.run())
        async with asyncio.timeout(30):
            while not (await mortal.done() == 1 and await mortal.set_aside() == [1, 2]):  # noqa: ASYNC110 - of a database
                await asyncio.sleep(0.01)
        await poller.stop()
        await running
        assert poller.tried == [2, 2, 2, 3]

    _with_stores(url, {"lease": 0}, {"lease": 3600}, run)
