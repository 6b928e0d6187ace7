"""What `await asyncio.sleep(0)` does for a loop that never waits."""

import asyncio
import time

import ray


@ray.remote
class BusyActor:
    """Runs a loop, and counts the calls that run meanwhile."""

    def __init__(self):
        self.calls = 0

    async def other_task(self):
        self.calls += 1

    async def run_yielding(self, seconds):
        turns, calls = 0, self.calls
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            turns += 1
            await asyncio.sleep(0)  # other_task gets its turn here
        return turns, self.calls - calls

    async def run_without_await(self, seconds):
        turns, calls = 0, self.calls
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            turns += 1  # nobody else gets one
        return turns, self.calls - calls


def call_until_done(actor, running):
    """Call other_task again and again until `running` is done."""
    while not ray.wait([running], timeout=0.1)[0]:
        actor.other_task.remote()
    return ray.get(running)


def main():
    actor = BusyActor.remote()
    running = actor.run_yielding.remote(seconds=1)
    turns, calls = call_until_done(actor, running)
    print(f"with sleep(0): {calls} other calls in {turns:,} turns")
    running = actor.run_without_await.remote(seconds=1)
    turns, calls = call_until_done(actor, running)
    print(f"without await: {calls} other calls in {turns:,} turns")


if __name__ == "__main__":
    main()
