"""Producers that are faster than the poller, and do not wait."""

import asyncio
import threading
import time

import ray


# region store
@ray.remote
class JobStore:
    """Keeps what is finished. While it is shut, `finish` waits."""

    def __init__(self):
        self.finished = []
        self.opened = asyncio.Event()

    async def finish(self, job):
        await self.opened.wait()
        self.finished.append(job)

    async def open(self):
        self.opened.set()

    async def list_finished(self):
        return self.finished


# endregion store


@ray.remote
class Poller:
    """Works on one job after the other, and counts what it holds."""

    def __init__(self, store):
        self.store = store
        self.jobs = asyncio.Queue()
        self.held = self.most = 0

    async def run(self):
        while True:
            job = await self.jobs.get()
            await self._process(job)

    async def add(self, job):
        self.held += 1
        self.most = max(self.most, self.held)
        await self.jobs.put(job)

    async def _process(self, job):
        await self.store.finish.remote(job)
        self.held -= 1

    async def progress(self):
        return self.held, self.most


def produce(poller, jobs):
    """Make the calls, and wait for none of them."""
    for job in jobs:
        poller.add.remote(job)


# region driver
def start(produce, poller, jobs=40):
    """Let two threads produce the jobs; return the threads."""
    producers = []
    for share in range(1, jobs + 1, 2), range(2, jobs + 1, 2):
        producer = threading.Thread(
            target=produce, args=(poller, share), daemon=True
        )
        producer.start()
        producers.append(producer)
    return producers


def wait_until_held(poller, jobs):
    """Return when the poller holds so many jobs."""
    held = 0
    while held < jobs:
        time.sleep(0.05)
        held, _most = ray.get(poller.progress.remote())


def wait_until_finished(store, jobs):
    """Return the jobs in the order in which they were finished."""
    finished = []
    while len(finished) < jobs:
        time.sleep(0.05)
        finished = ray.get(store.list_finished.remote())
    return finished


def most_held(poller_class, produce, full, jobs=40):
    """Open the store when the poller is full; return its most."""
    store = JobStore.remote()
    poller = poller_class.remote(store)
    poller.run.remote()
    producers = start(produce, poller, jobs)
    wait_until_held(poller, full)
    ray.get(store.open.remote())
    wait_until_finished(store, jobs)
    for producer in producers:
        producer.join()
    return ray.get(poller.progress.remote())[1]


def main():
    most = most_held(Poller, produce, full=40)
    print(f"most jobs held at once: {most} of 40")


if __name__ == "__main__":
    main()
# endregion driver
