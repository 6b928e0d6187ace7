"""What both job stores promise."""

from __future__ import annotations

import asyncio

from snippets.queue_in_a_database.stores import job_store


def test_a_late_owner_cannot_finish_a_job_that_another_has_claimed(url: str) -> None:
    """A lease that has ended is no longer its owner's; the new owner finishes the job once."""

    async def run() -> None:
        late, prompt = job_store(url, "late", lease=0), job_store(url, "prompt")
        await late.create()
        await late.put(1)
        assert await late.claim() == 1
        assert await prompt.claim() == 1
        assert await late.claim() is None
        assert not await late.finish(1)
        assert await prompt.done() == 0
        assert await prompt.finish(1)
        assert not await prompt.finish(1)
        assert await late.done() == 1
        await late.close()
        await prompt.close()

    asyncio.run(run())


def test_a_job_that_fails_three_times_is_set_aside_and_others_go_on(url: str) -> None:
    """Whether it is given back, or its owner has died; the fourth claim gets the next job."""

    async def run() -> None:
        store, mortal = job_store(url, "poller"), job_store(url, "mortal", lease=0)
        await store.create()
        for job in (1, 2):
            await store.put(job)
        for owner in (store, mortal, store):
            assert await owner.set_aside() == []
            assert await owner.claim() == 1
            if owner is store:
                await store.give_back(1)
        assert await store.set_aside() == [1]
        assert await store.claim() == 2
        assert await store.claim() is None
        await store.close()
        await mortal.close()

    asyncio.run(run())
