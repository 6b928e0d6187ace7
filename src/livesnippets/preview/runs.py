"""Carry out the test runs: on one warm cluster, in several warm processes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from livesnippets.evidence.ledger import Ledger
from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import events, plan
from livesnippets.preview.pytest_worker import run
from livesnippets.preview.workers import Worker
from livesnippets.run.cluster import Cluster, ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from livesnippets.settings import Settings

PROCESSES = 4
"""How many tests run at once: they mostly wait."""
LOOK_SECONDS = 1.0
"""How often the preview looks whether its Ray is still there."""


class Runs:
    """Ray, the processes that run tests, and those that wait for some."""

    def __init__(self, settings: Settings, log: Path, tell: Callable[[events.Event], None]) -> None:
        self.settings = settings
        self.log = log
        self.tell = tell
        self._cluster: Cluster | None = None
        # One thread: each that has read evidence keeps the memory that this took.
        self._reader = ThreadPoolExecutor(1)
        self._spares: list[Worker] = []
        self._busy: dict[Worker, int] = {}
        self._workers: set[Worker] = set()
        """All that are there: waiting, busy or about to end."""

    async def start_ray(self, seconds: float) -> None:
        """End Ray, if it is there; start it after a while, and tell when it has died."""
        await self._end_ray()
        await asyncio.sleep(seconds)
        try:
            self._cluster = await asyncio.to_thread(Cluster, options=self.settings.cluster)
        except ClusterError as error:
            self.tell(events.RayFailed(Finding(self._log_place, Kind.RAY, str(error))))
            return
        self.tell(events.RayStarted())
        cluster = self._cluster
        while await asyncio.to_thread(lambda: cluster.runs):  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(LOOK_SECONDS)
        self.tell(events.RayDied())

    async def plan(self, asked: events.Plan) -> None:
        """End the tests that run; weigh the evidence, and tell which tests are to run."""
        for worker in self._busy:
            self._end(worker)
        self._busy.clear()
        loop = asyncio.get_running_loop()
        ledger = await loop.run_in_executor(self._reader, Ledger.of, self.settings)
        there = {file for file in asked.files if (self.settings.root / file).is_file()}
        names = plan.wanted(ledger, there, set(asked.blocks))
        orders = plan.share(ledger, names, there, PROCESSES)
        blocks = {name: plan.blocks_of(ledger.tests[name]) for name in names}
        untested = tuple(plan.untested(ledger, asked.blocks))
        self.tell(events.Planned(asked.run, tuple(orders), blocks, untested))

    def test(self, asked: events.RunTests) -> None:
        """Give each order to the process that is the warmest."""
        for order in asked.orders:
            self._spares = [spare for spare in self._spares if spare.runs]
            worker = self._spares.pop(0) if self._spares else self._start()
            self._busy[worker] = asked.run
            worker.send((asked.run, order))

    def warm(self) -> None:
        """Start processes for the next run."""
        self._spares = [spare for spare in self._spares if spare.runs]
        while len(self._spares) < PROCESSES:
            self._spares.append(self._start())

    def _start(self) -> Worker:
        assert self._cluster is not None  # noqa: S101 - nothing is tested before Ray is there
        traces = self._cluster.directory / "traces"
        arguments = self.settings.root, self._cluster.address, traces
        worker = Worker(run, self.log, *arguments, heard=self._hear)
        self._workers.add(worker)
        return worker

    def _hear(self, worker: Worker, event: events.Event | None) -> None:
        if event is not None:
            self.tell(event)
        if event is None or isinstance(event, events.Finished):
            number = self._busy.pop(worker, None)
            if event is None and number is not None:
                self.tell(events.Finished(number, self._early()))
            self._end(worker, ask=False)

    def _early(self) -> Finding:
        try:
            lines = self.log.read_text(errors="replace")[-2000:].split("\n")
        except OSError:
            lines = []
        last = next((" ".join(each.split()) for each in reversed(lines) if each.strip()), "no word")
        return Finding(self._log_place, Kind.TESTS, f"the tests ended early: {last}")

    @property
    def _log_place(self) -> Place:
        return Place(self.log.relative_to(self.settings.root).as_posix())

    def _end(self, worker: Worker, *, ask: bool = True) -> asyncio.Task[None]:
        task = worker.end(ask=ask)
        task.add_done_callback(lambda _: self._workers.discard(worker))
        return task

    async def _end_ray(self) -> None:
        self._busy.clear()
        self._spares.clear()
        await asyncio.gather(*map(self._end, self._workers))
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.stop, 0)
            self._cluster = None

    async def stop(self) -> None:
        """End all tests, then Ray: as long as they are there they write into its folder."""
        await self._end_ray()
        self._reader.shutdown()
