"""How late a loop comes while a thread works beside it."""

import asyncio
import time

import ray


def sleep():
    time.sleep(1)


def count():
    for _ in range(20_000_000):
        pass


def add():
    sum(range(50_000_000))  # one call of C code keeps the GIL


@ray.remote
class Worker:
    """Hands work to a thread, and watches its own event loop."""

    async def worst_delay(self, work):
        working = asyncio.ensure_future(asyncio.to_thread(work))
        worst = 0
        while not working.done():
            start = time.monotonic()
            await asyncio.sleep(0.01)
            worst = max(worst, time.monotonic() - start - 0.01)
        return worst


def main():
    worker = Worker.remote()
    for work in (sleep, count, add):
        worst = ray.get(worker.worst_delay.remote(work))
        print(f"{work.__name__}: up to {worst:.2f} s late")


if __name__ == "__main__":
    main()
