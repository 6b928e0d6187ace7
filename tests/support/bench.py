"""Work that a test holds in hand until it lets it go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


class Bench:
    """Where jobs are worked on: a file tells that one has come, another lets it go.

    Files, because they work in any process, and outlast those that are killed.
    """

    def __init__(self, folder: Path, wait_until: Callable[[Callable[[], bool]], None]) -> None:
        self.folder = folder
        self.wait_until = wait_until

    def work(self, held: int = 1) -> Callable[[int], Awaitable[None]]:
        """Return the work of a poller; from the job `held` on it goes on when it is let go."""
        folder = self.folder

        async def work(job: int) -> None:
            if job < held:
                return
            (folder / f"come {job}").touch()
            while not (folder / f"go {job}").exists():  # noqa: ASYNC110 - a test's signal
                await asyncio.sleep(0.01)

        return work

    def wait_for(self, job: int) -> None:
        """Wait until a poller begins to work on a job."""
        come = self.folder / f"come {job}"
        self.wait_until(come.exists)
        come.unlink()

    def let_go(self, job: int) -> None:
        """Let the work on a job end, whenever that begins."""
        (self.folder / f"go {job}").touch()

    def clear(self) -> None:
        """Forget which jobs have come, and which were let go."""
        for file in self.folder.iterdir():
            file.unlink()
