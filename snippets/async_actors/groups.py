"""Each concurrency group of an async actor has a loop of its own."""

import asyncio
import threading
import time

import ray


@ray.remote(concurrency_groups={"polling": 1})
class ActorWithGroup:
    """Waits on its default loop, and polls in a group of its own."""

    def __init__(self):
        self.event = asyncio.Event()
        self.loop = None

    async def default_thread(self):
        return threading.get_ident()

    @ray.method(concurrency_group="polling")
    async def polling_thread(self):
        return threading.get_ident()

    @ray.method(concurrency_group="polling")
    async def block(self):
        time.sleep(1)  # nobody else in this group gets a turn

    async def wait(self):
        self.loop = asyncio.get_running_loop()
        start = time.monotonic()
        try:
            await asyncio.wait_for(self.event.wait(), timeout=2)
        finally:
            self.event.clear()
            self.loop = None
        return time.monotonic() - start

    async def is_waiting(self):
        return self.loop is not None

    @ray.method(concurrency_group="polling")
    async def wake(self):
        self.event.set()  # the other loop sleeps on

    @ray.method(concurrency_group="polling")
    async def wake_threadsafe(self):
        self.loop.call_soon_threadsafe(self.event.set)


def time_answer(actor):
    """Return how long the default group takes to answer."""
    start = time.monotonic()
    ray.get(actor.default_thread.remote())
    return time.monotonic() - start


def time_waking(actor, wake):
    """Return how long `wait` waits if it is woken by `wake`."""
    waiting = actor.wait.remote()
    is_waiting = False
    while not is_waiting:
        is_waiting = ray.get(actor.is_waiting.remote())
    ray.get(wake.remote())
    return ray.get(waiting)


def main():
    actor = ActorWithGroup.remote()
    default = ray.get(actor.default_thread.remote())
    polling = ray.get(actor.polling_thread.remote())
    print(f"threads: {len({default, polling})}")
    blocking = actor.block.remote()
    print(f"answer beside block: {time_answer(actor):.1f} s")
    ray.get(blocking)
    print(f"woken by wake: {time_waking(actor, actor.wake):.1f} s")
    took = time_waking(actor, actor.wake_threadsafe)
    print(f"woken by wake_threadsafe: {took:.1f} s")


if __name__ == "__main__":
    main()
