"""An async generator makes an actor async just as well."""

import asyncio

import ray


@ray.remote
class Ticker:
    """Ticks until it is told to stop, by a plain method."""

    def __init__(self):
        self.stopped = False

    async def ticks(self):
        while not self.stopped:
            yield "tick"
            await asyncio.sleep(0.05)

    def stop(self):
        self.stopped = True
        return "stopped while ticking"


def main():
    ticker = Ticker.remote()
    ticks = ticker.ticks.remote()
    for _ in range(3):
        print(ray.get(next(ticks)))
    print(ray.get(ticker.stop.remote(), timeout=30))
    rest = list(ticks)
    print(f"ticks after that: {len(rest)}")


if __name__ == "__main__":
    main()
