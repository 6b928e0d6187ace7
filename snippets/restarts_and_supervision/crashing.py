"""Work that goes wrong at one job, as it may in production."""

import asyncio
import os
import signal
from pathlib import Path


def crash_once(job_that_crashes, folder):
    """Return work that at one job kills its process, once."""

    async def work(job):
        await asyncio.sleep(0.1)
        crashed = Path(folder) / "crashed"
        if job == job_that_crashes and not crashed.exists():
            crashed.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    return work
