"""Run tests on a warm cluster, in several warm processes; a newer run ends an older one."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.ledger import Ledger
from livesnippets.preview import plan
from livesnippets.preview.pytest_worker import run
from livesnippets.preview.workers import Child
from livesnippets.run.cluster import Cluster, ClusterError

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.preview.builds import Builds
    from livesnippets.preview.plan import Order
    from livesnippets.preview.status import Board
    from livesnippets.settings import Settings

PROCESSES = 4
"""How many tests run at once: they mostly wait."""
TOGETHER = 1.0
"""Seconds within which processes end together, and one build shows what they found."""
LOOK_SECONDS = 1.0
"""How often the preview looks whether its Ray is still there."""
EXPECTED = {
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.INTERRUPTED,  # by a file that cannot be read
    pytest.ExitCode.NO_TESTS_COLLECTED,
}
AGAIN_SECONDS = 10.0
"""How long it waits after a Ray that did not start."""


class Testing:
    """The test runs of one preview."""

    def __init__(self, settings: Settings, log: Path, board: Board, builds: Builds) -> None:
        self.settings = settings
        self.log = log
        self.board = board
        self.builds = builds
        self.cluster: Cluster | None = None
        # One thread: each that has read evidence keeps the memory that this took.
        self._reader = ThreadPoolExecutor(1)
        self._spares: list[Child] = []
        self._busy: set[Child] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()
        self._run: asyncio.Task[None] | None = None
        self._files: set[str] = set()
        self._blocks: set[str] = set()
        self._unreadable: dict[str, str] = {}

    async def keep_ray(self) -> None:
        """Start Ray, and start it again whenever it is gone."""
        while True:
            if self.cluster is not None and await asyncio.to_thread(lambda: self.cluster.runs):  # type: ignore[union-attr] # not None
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if self.cluster is not None:
                self.board.say("Ray has died: starting it again")
                await self._end_all()
                await asyncio.to_thread(self.cluster.stop, 0)
                self.cluster = None
            try:
                self.cluster = await asyncio.to_thread(Cluster)
            except ClusterError as error:
                self.board.complain("Ray", [str(error)])
                await self.board.show()
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.board.complain("Ray", [])
            self.start()

    def start(self, files: set[str] | None = None, blocks: set[str] | None = None) -> None:
        """Run what is stale, all that is not proven in `files`, all that ran one of `blocks`.

        What an unfinished run still had to do stays to be done.
        """
        self._files |= files or set()
        self._blocks |= blocks or set()
        self.board.begin("pytest", "testing" if self.cluster else "starting Ray")
        if self._run is not None:
            self._run.cancel()
        if self.cluster is not None:
            self._run = asyncio.create_task(self._test())

    async def _test(self) -> None:
        async with self._one_at_a_time:  # an older run has been cancelled, and is about to end
            await self._test_now()

    async def _test_now(self) -> None:
        loop = asyncio.get_running_loop()
        ledger = await loop.run_in_executor(self._reader, Ledger.of, self.settings)
        there = {file for file in self._files if (self.settings.root / file).is_file()}
        names = plan.wanted(ledger, there, self._blocks)
        orders = plan.share(ledger, names, there, PROCESSES)
        self._unreadable = {}
        if not orders:
            self.board.complain("pytest", [])
            await self._settle()
            return
        self.builds.testing = True
        pending = {name: _blocks_of(ledger, name) for name in names}
        begun, outcomes = time.monotonic(), dict[str, str]()
        self.board.say(f"testing {_tests(len(names))}" if names else "testing new files")
        children = [self._child() for _ in orders]
        try:
            async with asyncio.TaskGroup() as tasks:
                for child, order in zip(children, orders, strict=True):
                    tasks.create_task(self._follow(child, order, pending, outcomes))
                await self._show(pending, outcomes)
            await asyncio.shield(self.builds.request())
        finally:
            for child in children:
                self._end(child)
        failed = list(outcomes.values()).count("failed")
        seconds = time.monotonic() - begun
        passed = len(outcomes) - failed
        self.board.say(f"{passed} passed, {failed} failed in {seconds:.1f} s")
        await self._settle()

    async def _follow(
        self,
        child: Child,
        order: Order,
        pending: dict[str, set[str]],
        outcomes: dict[str, str],
    ) -> None:
        """See one process through, to the evidence of its tests."""
        code = None
        async for kind, what in child.order(order):
            if kind == "chosen":
                for name in what:
                    pending.setdefault(name, set())
            elif kind == "unreadable":
                file, why = what
                self._unreadable[file] = why
            elif kind == "ended":
                name, outcomes[name] = what
                outcomes[name] = what[1]
            else:
                code = what
            await self._show(pending, outcomes)
        problems = list(self._unreadable.values())
        if code not in EXPECTED:
            problems.append(f"build/{self.log.name}:1: the tests ended early: {_tail(self.log)}")
        self.board.complain("pytest", problems)
        self.builds.request_within(TOGETHER)

    async def _show(self, pending: dict[str, set[str]], outcomes: dict[str, str]) -> None:
        running: dict[str, int] = {}
        for blocks in pending.values():
            for block in blocks:
                running[block] = running.get(block, 0) + 1
        self.board.running = running
        total = len({*pending, *outcomes})
        self.board.begin("pytest", f"testing, {len(outcomes)} of {_tests(total)} done")
        await self.board.show()

    async def _settle(self) -> None:
        """All is done: forget what was asked for, and warm up for the next save."""
        self._files = set(self._unreadable)  # they are not known, so no ledger asks for them
        self._blocks.clear()
        self.builds.testing = False
        self.board.running = {}
        await self.builds.show()
        self.board.end("pytest")
        await self.board.show()
        while len(self._spares) < PROCESSES:
            self._spares.append(self._start())

    def _child(self) -> Child:
        self._spares = [spare for spare in self._spares if spare.usable]
        # The one that has waited longest is warm, or nearest to it.
        child = self._spares.pop(0) if self._spares else self._start()
        self._busy.add(child)
        return child

    def _start(self) -> Child:
        assert self.cluster is not None  # noqa: S101 - nothing is tested before Ray is there
        traces = self.cluster.directory / "traces"
        return Child(run, self.log, self.settings.root, self.cluster.address, traces)

    def _end(self, child: Child) -> None:
        async def end() -> None:
            await child.end()
            self._busy.discard(child)

        task = asyncio.create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end_all(self) -> None:
        if self._run is not None:
            self._run.cancel()
            await asyncio.gather(self._run, return_exceptions=True)
        spares, self._spares = self._spares, []
        await asyncio.gather(*self._ending, *(spare.end() for spare in spares))

    async def stop(self) -> None:
        """End all tests, then Ray: as long as they are there they write into its folder."""
        await self._end_all()
        if self.cluster is not None:
            await asyncio.to_thread(self.cluster.stop, 0)
        self._reader.shutdown()


def _blocks_of(ledger: Ledger, name: str) -> set[str]:
    run = ledger.tests[name]
    return {*run.hits, *run.imported, *run.unreached}


def _tests(count: int) -> str:
    return f"{count} test{'' if count == 1 else 's'}"


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace")[-2000:].split("\n")
    except OSError:
        return "no log"
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "no word")
