"""Each blocking way to use refs has one that can be awaited."""

import asyncio
import time

import ray


@ray.remote
class Store:
    """Hands out each item after as many seconds as asked for."""

    async def fetch(self, seconds):
        await asyncio.sleep(seconds)
        return f"item after {seconds} s"


def read_from_disk():
    time.sleep(0.5)  # any call that blocks
    return "read on a thread"


@ray.remote
class Reader:
    """Reads in every way that lets others run meanwhile."""

    def __init__(self, store):
        self.store = store

    def _three(self):
        return [self.store.fetch.remote(s) for s in (0.9, 0.1, 0.5)]

    async def one(self):
        return await self.store.fetch.remote(0.1)

    async def in_order(self):
        return await asyncio.gather(*self._three())

    async def as_they_come(self):
        coming = asyncio.as_completed(self._three())
        return [await item for item in coming]

    async def first(self):
        items = [asyncio.ensure_future(ref) for ref in self._three()]
        done, _ = await asyncio.wait(
            items, return_when=asyncio.FIRST_COMPLETED
        )
        return done.pop().result()

    async def in_time(self):
        try:
            ref = self.store.fetch.remote(9)
            return await asyncio.wait_for(ref, timeout=0.5)
        except TimeoutError:
            return "too late"

    async def on_a_thread(self):
        return await asyncio.to_thread(read_from_disk)


def main():
    store = Store.remote()
    reader = Reader.remote(store)
    print("one:", ray.get(reader.one.remote()))
    print("in_order:", ray.get(reader.in_order.remote()))
    print("as_they_come:", ray.get(reader.as_they_come.remote()))
    print("first:", ray.get(reader.first.remote()))
    print("in_time:", ray.get(reader.in_time.remote()))
    print("on_a_thread:", ray.get(reader.on_a_thread.remote()))
    future = store.fetch.remote(0.1).future()
    print("future:", future.result(timeout=30))


if __name__ == "__main__":
    main()
