"""A count that grows tells a loop that hangs from an idle one."""

import asyncio
import tempfile
import time
from pathlib import Path

import ray

from snippets.restarts_and_supervision.job_store import (
    JobStore,
    report,
    wait_for_job,
)
from snippets.restarts_and_supervision.retried import Poller


def turns_within(seconds, poller):
    """Tell whether a loop makes a turn within some seconds."""
    deadline = time.monotonic() + seconds
    before = ray.get(poller.progress.remote())
    while ray.get(poller.progress.remote()) == before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)  # between two looks
    return True


# region driver
def hang_once(job_that_hangs, folder):
    """Return work that at one job never ends, once."""

    async def work(job):
        hung = Path(folder) / "hung"
        if job == job_that_hangs and not hung.exists():
            hung.touch()
            await asyncio.Event().wait()  # nobody sets it

    return work


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore.remote(jobs=3)
        poller = Poller.remote(store, hang_once(3, folder))
        polling = poller.run.remote()
        wait_for_job(3, "in hand", store)
        print("turns beside job 3:", turns_within(1, poller))
        ray.kill(poller, no_restart=False)
        wait_for_job(3, "finished", store)
        print("turns when idle:", turns_within(30, poller))
        report(store)
    del polling


if __name__ == "__main__":
    main()
# endregion driver
