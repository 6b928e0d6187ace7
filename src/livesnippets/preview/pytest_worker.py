"""A process that runs some tests once, in a Ray job whose workers wait already."""

from __future__ import annotations

import os
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import ray

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview.events import Begun, Chosen, Ended, Finished, Unreadable
from livesnippets.run import jobs
from livesnippets.run.failure import cause_of
from livesnippets.run.gather import TEST
from livesnippets.run.jobs import NAME, Job
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from multiprocessing.connection import Connection

    from livesnippets.preview.plan import Order

REST = 0.5
"""Seconds in which a process without an order leaves the processor to the browsers."""
TASKS, FRESH = 3, 2
"""Ray starts several workers for some tasks at once; the first does them all, and is used up."""
WARM_SECONDS = 4
"""How long to wait for that many workers: fewer will do."""
TEMPORARY = "tmp_path"
"""Where among the traces, which are removed, the tests' temporary folders are."""
OPTIONS = [
    "--continue-on-collection-errors",  # a file that cannot be read keeps no other from running
    *("-p", "no:cacheprovider"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
]
EXPECTED = {
    pytest.ExitCode.OK,
    pytest.ExitCode.TESTS_FAILED,
    pytest.ExitCode.NO_TESTS_COLLECTED,
}


def run(connection: Connection, root: Path, address: str, traces: Path) -> None:
    """Prepare a job, wait for the number of a run and an `Order`, and run its tests."""
    connection.poll(REST)
    os.chdir(root)
    guest = Guest(Settings.read(root), address, traces / str(os.getpid()))
    try:
        guest.prepare()
        test(connection, guest, *connection.recv())
    except EOFError:  # the preview has ended
        return
    finally:
        guest.close()


def test(connection: Connection, guest: Guest, number: int, order: Order) -> None:
    """Run the tests of an order, and send what happens.

    `Finished` is sent only if pytest ended as it should, or if it is known why it did not.
    """
    reporter = _Reporter(connection, guest.settings, number, order)
    temporary = f"--basetemp={guest.traces / TEMPORARY}"  # the usual place stays after the preview
    code = pytest.main([order.folder, temporary, *OPTIONS], plugins=[guest, reporter])
    if code in EXPECTED or reporter.early is not None:
        connection.send(Finished(number, reporter.early))


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
        trace = self.traces / TEST.format(1)  # where the first test will look for their hits
        trace.mkdir(parents=True)
        self._prepared = Job(self.address, self.settings, trace)
        nothing = ray.remote(num_cpus=0)(_nothing)
        ray.get([nothing.remote() for _ in range(TASKS)])
        deadline = time.monotonic() + WARM_SECONDS
        while len(self._prepared.workers()) <= FRESH and time.monotonic() < deadline:
            time.sleep(0.02)  # between two looks

    def join(self, trace: Path, *, timed: bool) -> Job:
        """Give the first test the prepared job, if it suits, and each other one its own."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            if not timed and prepared.trace == trace and prepared.workers():  # hits go to `trace`
                return prepared
            prepared.leave()
        return super().join(trace, timed=timed)

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
    settings: Settings
    number: int
    order: Order
    failed: set[str] = field(default_factory=set)
    early: Finding | None = None
    """Why pytest ended before it had run the tests."""

    @pytest.hookimpl(wrapper=True)
    def pytest_load_initial_conftests(self) -> Generator[None, object, object]:
        """Note what is wrong with a ``conftest.py`` that keeps pytest from all these tests."""
        try:
            return (yield)
        except Exception as error:
            self.early = unreadable(error, self.order.folder, self.settings)
            raise

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Read no file but those of the order.

        They are no arguments of pytest, for then one broken ``conftest.py`` would end all of it.
        """
        path = collection_path.relative_to(self.settings.root).as_posix()
        asked = any(file == path or file.startswith(f"{path}/") for file in self.order.files)
        return None if asked or path == "." else True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what the order does not name."""
        chosen = [item for item in items if self.order.asks_for(item.nodeid)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
        self.connection.send(Chosen(self.number, tuple(item.nodeid for item in items)))

    def pytest_exception_interact(
        self,
        call: pytest.CallInfo[object],
        report: pytest.CollectReport | pytest.TestReport,
    ) -> None:
        """Tell of a file that could not be read; or of a folder, by its ``conftest.py``."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            finding = unreadable(call.excinfo.value, report.nodeid, self.settings)
            if report.nodeid in self.order.files:
                self.connection.send(Unreadable(self.number, report.nodeid, finding))
            else:
                self.early = finding

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell of a test's begin."""
        self.connection.send(Begun(self.number, nodeid, time.time()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell of a test's failure, and of its end."""
        if report.failed:
            self.failed.add(report.nodeid)
        if report.when == "teardown":
            passed = report.nodeid not in self.failed
            self.connection.send(Ended(self.number, report.nodeid, passed))


def unreadable(error: BaseException, node: str, settings: Settings) -> Finding:
    """Return why a file or a folder could not be read, with the last place in the repository."""
    conftest = getattr(error, "path", None) if hasattr(error, "cause") else None
    if conftest is not None:  # pytest tells of it in an error of its own, which is not public
        node = conftest.parent.relative_to(settings.root).as_posix().removeprefix(".")
    error = cause_of(error)
    file = f"{node}/conftest.py".removeprefix("/") if conftest else node
    frames = traceback.extract_tb(error.__traceback__)
    places = [(Path(frame.filename), frame.lineno or 1) for frame in frames]
    message = str(error)
    if isinstance(error, SyntaxError):
        message = error.msg
        places.append((Path(error.filename or file), error.lineno or 1))
    ours = [
        Place(path.relative_to(settings.root).as_posix(), line)
        for path, line in places
        if path.is_relative_to(settings.root)
        and not any(path.is_relative_to(folder) for folder in settings.foreign)
    ]
    what = " ".join(f"{type(error).__name__}: {message}".split())
    place = ours[-1] if ours else Place(file)
    return Finding(place, Kind.TESTS, what, "mend the file", test=node)
