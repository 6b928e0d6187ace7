"""An async actor is one Python process, with one GIL."""

import asyncio
import time

import ray


def crunch():
    end = time.monotonic() + 1
    while time.monotonic() < end:
        sum(range(1000))


@ray.remote
class Cruncher:
    """Computes on threads, and measures the cores they keep busy."""

    async def crunch_on(self, threads):
        cpu, wall = time.process_time(), time.monotonic()
        work = [asyncio.to_thread(crunch) for _ in range(threads)]
        await asyncio.gather(*work)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        return cpu / wall


def main():
    cruncher = Cruncher.remote()
    for threads in (1, 4):
        cores = ray.get(cruncher.crunch_on.remote(threads))
        print(f"threads: {threads}, cores kept busy: {cores:.1f}")


if __name__ == "__main__":
    main()
