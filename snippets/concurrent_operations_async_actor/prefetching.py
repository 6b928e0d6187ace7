"""A loop that asks for its next item while it works on this one."""

import asyncio
import time

import ray


@ray.remote
class SlowStore:
    """Takes a tenth of a second over each item."""

    async def fetch(self):
        await asyncio.sleep(0.1)
        return "item"


@ray.remote
class PrefetchingActor:
    """Processes items one by one, in two ways."""

    def __init__(self, store):
        self.store = store
        self.last_processed = None

    async def run(self, items):
        for _ in range(items):
            data = await self.store.fetch.remote()
            await self._process(data)

    async def run_prefetching(self, items):
        coming = self.store.fetch.remote()
        for _ in range(items):
            data = await coming
            coming = self.store.fetch.remote()  # on its way meanwhile
            await self._process(data)

    async def _process(self, data):
        await asyncio.sleep(0.1)  # say, it writes to a database
        self.last_processed = data


def measure(run):
    """Print how long a loop takes over ten items."""
    start = time.monotonic()
    ray.get(run.remote(10))
    seconds = time.monotonic() - start
    print(f"10 items: {seconds:.1f} s")


def main():
    actor = PrefetchingActor.remote(SlowStore.remote())
    ray.get(actor.run.remote(1))  # both actors take calls
    measure(actor.run)
    measure(actor.run_prefetching)


if __name__ == "__main__":
    main()
