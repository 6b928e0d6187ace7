"""`ray.get` in an async method stops every other method."""

import time

import ray


@ray.remote
class SlowStore:
    """Takes a second over each item."""

    def fetch(self):
        time.sleep(1)
        return "item"


@ray.remote
class Reader:
    """Fetches an item, and counts the calls that run meanwhile."""

    def __init__(self, store):
        self.store = store
        self.calls = 0

    async def other_task(self):
        self.calls += 1

    async def fetch_with_get(self):
        calls = self.calls
        ray.get(self.store.fetch.remote())
        return self.calls - calls

    async def fetch_with_await(self):
        calls = self.calls
        await self.store.fetch.remote()
        return self.calls - calls


def call_until_done(reader, fetching):
    """Call other_task again and again until `fetching` is done."""
    while not ray.wait([fetching], timeout=0.1)[0]:
        reader.other_task.remote()
    return ray.get(fetching)


def main():
    reader = Reader.remote(SlowStore.remote())
    calls = call_until_done(reader, reader.fetch_with_get.remote())
    print(f"ray.get: {calls} other calls ran meanwhile")
    calls = call_until_done(reader, reader.fetch_with_await.remote())
    print(f"await: {calls} other calls ran meanwhile")


if __name__ == "__main__":
    main()
