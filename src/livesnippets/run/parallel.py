"""Share a run's tests out among pytest-xdist's workers, which all use the controller's Ray.

They meet in the controller's folder of traces. Each worker tells there what it has collected and,
whenever a test has ended, what that left: nothing is lost with a worker that is killed.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from livesnippets.evidence import files
from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.results import Evidence
from livesnippets.processes import tell
from livesnippets.run.jobs import FOLDER
from livesnippets.run.progress import Progress
from livesnippets.run.schedule import AloneLast

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from livesnippets.run.session import Run

COLLECTED = "collected.json"
RESULTS = "results"
CURRENT = "livesnippets_current"
"""Where the controller tells a worker which tests are current: all must collect the same."""


class Collected(msgspec.Struct):
    """What a worker found."""

    process: int
    whole: list[str]
    """See `Gatherer.collected`."""
    deselected: list[str]
    left_out: int
    """How many of the deselected tests were current."""
    alone: list[str]
    """The tests that nothing may run beside."""
    need_ray: bool


class Worker:
    """The part of the plugin in a worker."""

    def __init__(self, run: Run, given: dict[str, Any]) -> None:
        self.run = run
        run.config.option.loadgroup = False  # or tests of a group get other names
        run.collection.current = set(given[CURRENT])
        self.folder = run.host.traces.parent
        """That of the controller."""
        self.deselected: list[str] = []
        self._controller = os.getppid()
        self._environment = this_environment()
        self._numbers = itertools.count()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Keep their names for the controller's summary."""
        self.deselected += [item.nodeid for item in items]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell what was collected, before the controller hears that it was."""
        found = Collected(
            os.getpid(),
            self.run.gatherer.collected,
            self.deselected,
            self.run.collection.left_out,
            [item.nodeid for item in session.items if _runs_alone(item)],
            any("ray_job" in _fixtures(item) for item in session.items),
        )
        (self.run.host.traces / COLLECTED).write_bytes(msgspec.json.encode(found))
        for name in [*self.run.gatherer.results]:  # files that are skipped as a whole
            self._hand_over(name)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Hand over what the test has left, in an evidence file of its own."""
        outcome = yield
        self._hand_over(item.nodeid)
        return outcome

    def _hand_over(self, name: str) -> None:
        if result := self.run.gatherer.results.pop(name, None):
            folder = self.folder / RESULTS / f"{self.run.host.traces.name}-{next(self._numbers)}"
            files.write(folder, Evidence(self._environment, {name: result}))

    def pytest_keyboard_interrupt(self) -> None:
        """Clean up undisturbed: the terminal and the controller may both interrupt."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    @pytest.hookimpl(wrapper=True)
    def pytest_unconfigure(self) -> Generator[None]:
        """Leave nothing behind when the controller was killed: nobody else would remove it."""
        yield
        if os.getppid() != self._controller:
            shutil.rmtree(self.folder, ignore_errors=True)


class Controller:
    """The part of the plugin in the process that runs no test itself."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.workers: set[int] = set()
        (run.host.traces / RESULTS).mkdir()
        os.environ[FOLDER] = str(run.host.traces)
        self.seconds = {
            name: result.duration for name, result in run.collection.ledger.tests.items()
        }
        self.scheduler: AloneLast | None = None
        terminal = run.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and terminal.verbosity == 0:
            run.config.pluginmanager.register(Progress(terminal))

    def pytest_configure_node(self, node: WorkerController) -> None:
        """Decide for all workers at once which tests are current."""
        node.workerinput[CURRENT] = sorted(self.run.collection.current)

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Producer) -> AloneLast:
        """Let some tests run alone, whatever ``--dist`` says."""
        self.scheduler = AloneLast(config, log, self.seconds)
        return self.scheduler

    def pytest_xdist_node_collection_finished(self, node: WorkerController) -> None:
        """Start Ray if a test needs it, which is now known."""
        path = self.run.host.traces / node.gateway.id / COLLECTED
        found = msgspec.json.decode(path.read_bytes(), type=Collected)
        self.workers.add(found.process)
        self.run.gatherer.collected = found.whole
        self.run.collection.left_out = found.left_out
        if self.scheduler is not None:
            self.scheduler.alone = set(found.alone)
        terminal = self.run.config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None and found.deselected:
            reports = [pytest.CollectReport(name, "passed", None, []) for name in found.deselected]
            terminal.stats["deselected"] = reports
        if found.need_ray:
            self.run.start_ray()

    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Forget what a test once proved that ended its process now."""
        self.run.gatherer.crashed.add(crashitem)

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupt the workers, too: only a terminal does that by itself."""
        for process in self.workers:
            tell(process, signal.SIGTERM)

    def gather(self) -> None:
        """Take over what the tests have left, but for those that ended their process after that."""
        gatherer = self.run.gatherer
        for path in (self.run.host.traces / RESULTS).glob("*/*.json"):
            found = files.read(path).tests
            gatherer.results |= {name: found[name] for name in {*found} - gatherer.crashed}

    def pytest_unconfigure(self) -> None:
        """Begin no more workers."""
        os.environ.pop(FOLDER, None)


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())  # a doctest has none


def _runs_alone(item: pytest.Item) -> bool:
    """Whether another test beside this one would change what a page shows of it."""
    marked = any(map(item.get_closest_marker, ("alone", "recording")))
    return marked or "measure" in _fixtures(item)
