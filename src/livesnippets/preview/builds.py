"""Build the pages: one build at a time, each in a process that was warm before it was asked for."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any

from livesnippets.preview.sphinx_worker import build
from livesnippets.preview.workers import Child

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from livesnippets.preview.status import Board

AWAITED = re.compile(r": stale evidence: | is stale: |: no passing test |holds no evidence")
"""Findings that are no news while tests are running."""


class Builds:
    """The builds of one preview."""

    def __init__(self, root: Path, log: Path, board: Board) -> None:
        self.root = root
        self.log = log
        self.board = board
        self.testing = False
        """Whether tests are on their way whose evidence the pages lack."""
        self._spare: Child | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._clean = False
        self._changed: set[str] = set()
        self._found: list[str] = []
        self._one_at_a_time = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def request(self, changed: Iterable[str] = (), *, clean: bool = False) -> asyncio.Task[None]:
        """Ask for a build of what has changed, or of everything, that begins after this call.

        Sphinx compares times, and misses what is saved while it reads: it is told of `changed`.
        """
        self._changed.update(changed)
        self._clean |= clean
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._next is None:
            self.board.begin("Sphinx", "building")
            self._next = asyncio.create_task(self._build())
            self._tasks.add(self._next)
            self._next.add_done_callback(self._tasks.discard)
        return self._next

    def request_within(self, seconds: float) -> None:
        """Ask for a build that begins after so long, unless one is asked for before."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(seconds, self.request)

    async def _build(self) -> None:
        async with self._one_at_a_time:
            self._next = None  # who asks from now on needs another build
            begun = time.monotonic()
            clean, self._clean = self._clean, False
            changed, self._changed = self._changed, set()
            child = await self._child(clean=clean)
            last = "died"
            try:
                async for last, what in child.order(changed):
                    await self._note(last, what, time.monotonic() - begun)
            finally:
                await child.end()
            if last != "built":
                self._changed |= changed
            if last in {"died", "written"}:
                why = f"a build died; build/{self.log.name} may say why"
                await self._note("broken", why, 0)
            self._spare = self._start(clean=False)
            if self._next is None:
                self.board.end("Sphinx")
            await self.board.show()

    async def _note(self, kind: str, what: Any, seconds: float) -> None:  # noqa: ANN401 - as sent
        """Keep what a build found; after one that broke, the pages are those of the last."""
        if kind == "broken":
            self.board.complain("Sphinx", [what])
        else:
            await asyncio.to_thread(self.board.pages.look)
            self._found = what
            self.board.complain("Sphinx", [])
        if kind == "written":
            self.board.say(f"built the pages in {seconds:.2f} s")
        await self.show()

    async def show(self) -> None:
        """Show what the last build found; of what running tests may cure nothing."""
        found = self._found
        if self.testing:
            found = [problem for problem in found if not AWAITED.search(problem)]
        self.board.complain("pages", found)
        await self.board.show()

    async def _child(self, *, clean: bool) -> Child:
        spare, self._spare = self._spare, None
        if spare is not None and (clean or not spare.usable):
            await spare.end()
            spare = None
        return spare or self._start(clean=clean)

    def _start(self, *, clean: bool) -> Child:
        return Child(build, self.log, self.root, clean)

    async def stop(self) -> None:
        """End the warm process, and with it a build that runs."""
        if self._soon is not None:
            self._soon.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._spare is not None:
            await self._spare.end()
