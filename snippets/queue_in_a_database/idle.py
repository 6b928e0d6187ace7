"""Two pollers without work: how often does each ask for some?"""

import asyncio
import os

import ray

from snippets.queue_in_a_database.postgres_store import (
    PostgresJobStore,
)
from snippets.queue_in_a_database.process_queue import Poller


async def drive(url):
    store = PostgresJobStore(url, "driver")
    await store.create()
    asking = PostgresJobStore(url, "asking", fallback=0.05)
    listening = PostgresJobStore(url, "listening", fallback=60)
    pollers = [
        ray.remote(Poller).remote(each) for each in (asking, listening)
    ]
    running = [poller.run.remote() for poller in pollers]
    counts = [0, 0]
    while counts[0] < 20 or not counts[1]:
        await asyncio.sleep(0.05)
        counts = await asyncio.gather(
            *(each.count_claims.remote() for each in pollers)
        )
    print("asking: {} claims, listening: {}".format(*counts))

    await pollers[0].stop.remote()
    await running[0]
    await store.put(1)
    done = 0
    while not done:
        await asyncio.sleep(0.01)
        done = await store.done()
    await pollers[1].stop.remote()
    await running[1]
    print("done:", await pollers[1].progress.remote())
    await store.aclose()


def main():
    asyncio.run(drive(os.environ["DATABASE_URL"]))


if __name__ == "__main__":
    main()
