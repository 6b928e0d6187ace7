"""A check that asks for progress, and not for an answer alone."""

import asyncio
import time

import ray

from snippets.health_checks.behind import JobStore
from snippets.health_checks.grouped import PollerWithGroup


# region stuck
def is_stuck(poller, seconds):
    """Return whether a poller gets no job done within `seconds`."""
    before = ray.get(poller.progress.remote())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ray.get(poller.progress.remote()) > before:
            return False
        time.sleep(0.05)
    return True


# endregion stuck


# region driver
@ray.remote
class SilentStore:
    """Never answers, as a database whose connection is lost."""

    async def claim(self):
        await asyncio.Event().wait()


def main():
    for store_class in JobStore, SilentStore:
        poller = PollerWithGroup.remote(store_class.remote())
        polling = poller.run.remote()
        stuck = is_stuck(poller, seconds=3)
        ended, _ = ray.wait([polling], timeout=0)
        print(f"the loop has ended: {bool(ended)}, is stuck: {stuck}")
        ray.kill(poller)


if __name__ == "__main__":
    main()
# endregion driver
