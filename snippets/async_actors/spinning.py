"""A loop on `asyncio.sleep(0)` lets others run, but never rests."""

import asyncio
import time

import ray


@ray.remote
class Waiter:
    """Waits in two ways, and measures the CPU time that each takes."""

    async def spin(self, seconds):
        start = time.process_time()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(0)
        return time.process_time() - start

    async def rest(self, seconds):
        start = time.process_time()
        await asyncio.sleep(seconds)
        return time.process_time() - start


def main():
    waiter = Waiter.remote()
    cpu = ray.get(waiter.spin.remote(seconds=1))
    print(f"1 second of spinning: {cpu:.2f} s of CPU time")
    cpu = ray.get(waiter.rest.remote(seconds=1))
    print(f"1 second of rest: {cpu:.2f} s of CPU time")


if __name__ == "__main__":
    main()
