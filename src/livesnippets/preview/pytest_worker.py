"""A warm process that runs some tests, in a Ray job whose workers wait already."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import ray

from livesnippets.run import jobs
from livesnippets.run.jobs import NAME, Job
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from livesnippets.preview.plan import Order

TASKS, FRESH = 3, 2
"""Ray starts several workers for some tasks at once; the first does them all, and is used up."""
WARM_SECONDS = 4
"""How long to wait for that many workers: fewer will do."""
PLACE = re.compile(r'File "([^"<]+)", line (\d+)|^([\w./-]+\.py):(\d+): ', re.MULTILINE)


def run(connection: Connection, root: Path, address: str, traces: Path) -> None:
    """Prepare a job, wait for the order, run pytest; send what `_Reporter` does, and the end."""
    os.chdir(root)
    guest = Guest(Settings.read(root), address, traces / str(os.getpid()))
    try:
        guest.prepare()
        connection.send(("ready", None))
        order = connection.recv()
        quiet = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = pytest.main([*order.files, *quiet], plugins=[guest, _Reporter(connection, order)])
        connection.send(("end", int(code)))
    except EOFError:  # the preview has ended
        return
    finally:
        guest.close()


class Guest(jobs.Guest):
    """A membership in the preview's cluster, made before it is known which test will use it."""

    address = ""  # it is known from the beginning

    def __init__(self, settings: Settings, address: str, traces: Path) -> None:
        super().__init__(settings, traces)
        self.__name__ = NAME  # pytest asks a plugin for it
        self.address = address
        self._prepared: Job | None = None

    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Run the tests here, also in a project whose settings share them out."""
        config.option.dist = "no"

    def prepare(self) -> None:
        """Join the cluster, and let workers start."""
        trace = self.traces / "test"  # where the first test will look for their hits
        trace.mkdir(parents=True)
        self._prepared = Job(self.address, self.settings, trace)
        nothing = ray.remote(num_cpus=0)(_nothing)
        ray.get([nothing.remote() for _ in range(TASKS)])
        deadline = time.monotonic() + WARM_SECONDS
        while len(self._prepared.workers()) <= FRESH and time.monotonic() < deadline:
            time.sleep(0.02)  # between two looks

    def join(self, trace: Path, *, timed: bool, heard: bool) -> Job:
        """Give the first test the prepared job, if it suits, and each other one its own."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            plain = not (timed or heard)
            if plain and prepared.trace == trace and prepared.workers():  # hits go to `trace`
                return prepared
            prepared.leave()
        return super().join(trace, timed=timed, heard=heard)

    def close(self) -> None:
        """Leave the cluster if no test did, and remove the traces."""
        if self._prepared is not None:
            self._prepared.leave()
            self._prepared = None
        super().close()


def _nothing() -> None:
    """Do nothing: an actor gets a worker of its own, but only one that has done nothing yet."""


@dataclass(eq=False)
class _Reporter:
    """Chooses the ordered tests and tells the preview of each: what there is, and its end."""

    connection: Connection
    order: Order
    failed: set[str] = field(default_factory=set)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what the order does not name."""
        chosen = [item for item in items if self.order.asks_for(item.nodeid)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
        self.connection.send(("chosen", [item.nodeid for item in items]))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that could not be read."""
        if report.failed:
            why = _in_one_line(str(report.longrepr), report.nodeid)
            self.connection.send(("unreadable", (report.nodeid, why)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of a test's failure, and of its end."""
        if report.failed:
            self.failed.add(report.nodeid)
        if report.when == "teardown":
            outcome = "failed" if report.nodeid in self.failed else "passed"
            self.connection.send(("ended", (report.nodeid, outcome)))


def _in_one_line(trace: str, file: str) -> str:
    """Return what a file could not be read for, with the last place that is the repository's."""
    places = [(a or c, b or d) for a, b, c, d in PLACE.findall(trace)]
    ours = [(path.removeprefix(f"{Path.cwd()}/"), line) for path, line in places]
    path, line = next((each for each in reversed(ours) if not each[0].startswith("/")), (file, "1"))
    said = [line.removeprefix("E").strip() for line in trace.splitlines()]
    return f"{path}:{line}: {next(filter(None, reversed(said)), 'could not be read')}"
