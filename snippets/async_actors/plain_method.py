"""A plain method of an async actor runs on the event loop, too."""

import asyncio
import time

import ray


@ray.remote
class MixedActor:
    """Works for a second, and counts the calls that run meanwhile."""

    def __init__(self):
        self.calls = 0

    async def other_task(self):
        self.calls += 1

    def work(self):
        calls = self.calls
        time.sleep(1)  # on the event loop: it stands still
        return self.calls - calls

    async def work_on_a_thread(self):
        calls = self.calls
        await asyncio.to_thread(time.sleep, 1)  # the loop goes on
        return self.calls - calls


def call_until_done(actor, working):
    """Call other_task again and again until `working` is done."""
    while not ray.wait([working], timeout=0.1)[0]:
        actor.other_task.remote()
    return ray.get(working)


def main():
    actor = MixedActor.remote()
    calls = call_until_done(actor, actor.work.remote())
    print(f"work: {calls} other calls ran meanwhile")
    calls = call_until_done(actor, actor.work_on_a_thread.remote())
    print(f"work_on_a_thread: {calls} other calls ran meanwhile")


if __name__ == "__main__":
    main()
