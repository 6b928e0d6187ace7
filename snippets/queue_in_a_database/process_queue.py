"""Actors that poll a queue in a database, and still answer."""

import asyncio
import contextlib

import ray

from snippets.queue_in_a_database.stores import (
    database_url,
    job_store,
)


class Poller:
    """Works through the jobs of a store, one at a time."""

    def __init__(self, store):
        self.store = store  # not connected yet
        self.may_claim = asyncio.Event()
        self.may_claim.set()
        self.in_hand = asyncio.Lock()
        self.stopping = False
        self.claims = self.processed = 0

    async def run(self):
        async with contextlib.aclosing(self.store):
            while not self.stopping:
                await self.may_claim.wait()
                async with self.in_hand:
                    found = await self._claim_and_process()
                if not found:
                    await self._wait_for_news()

    async def _claim_and_process(self):
        self.claims += 1
        job = await self.store.claim()
        if job is None:
            return False
        try:
            await self._process(job)
        except Exception:
            await self.store.give_back(job)  # for another try
        else:
            if await self.store.finish(job):
                self.processed += 1
        return True

    async def _process(self, job):
        await asyncio.sleep(job / 10_000)  # the work

    async def _wait_for_news(self):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.store.fallback):
                await self.store.news.wait()
        self.store.news.clear()

    async def progress(self):
        return self.processed

    async def count_claims(self):
        return self.claims

    async def pause(self):
        self.may_claim.clear()
        async with self.in_hand:  # until its job is done
            return self.processed

    async def resume(self):
        self.may_claim.set()

    async def stop(self):
        self.stopping = True
        self.may_claim.set()
        self.store.news.set()


@ray.remote
class Feeder:
    """Puts jobs into a store."""

    def __init__(self, store):
        self.store = store

    async def feed(self, jobs):
        async with contextlib.aclosing(self.store):
            for job in jobs:
                await self.store.put(job)


# region driver
async def total(pollers, method):
    """Call a method of all pollers; return the sum."""
    calls = [getattr(each, method).remote() for each in pollers]
    return sum(filter(None, await asyncio.gather(*calls)))


async def drive(url, store):
    await store.create()
    names = ["one", "two", "three"]
    pollers = [
        ray.remote(Poller).remote(job_store(url, name))
        for name in names
    ]
    running = [poller.run.remote() for poller in pollers]

    feeder = Feeder.remote(job_store(url, "feeder"))
    feeding = feeder.feed.remote(range(1, 21))
    for job in range(21, 41):  # the driver inserts rows as well
        await store.put(job)
    await feeding

    paused = await total(pollers, "pause")
    for job in range(41, 61):
        await store.put(job)
    more = await total(pollers, "progress") - paused
    print(f"while paused: {more} jobs, {await store.done() - paused}")
    await total(pollers, "resume")
    done = 0
    while done < 60:
        await asyncio.sleep(0.05)
        done = await store.done()
    print(f"done: {done} of 60")

    await total(pollers, "stop")
    await asyncio.gather(*running)
    print(f"processed: {await total(pollers, 'progress')}")


async def main():
    with database_url() as url:
        store = job_store(url, "driver")
        async with contextlib.aclosing(store):
            await drive(url, store)


if __name__ == "__main__":
    asyncio.run(main())
# endregion driver
