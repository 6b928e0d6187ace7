"""One test run of a repository that has snippets: Ray for it, a job a test, evidence."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from livesnippets.finding import SourceError
from livesnippets.run.cluster import ClusterError
from livesnippets.run.collection import Collection
from livesnippets.run.deadline import Deadline
from livesnippets.run.demand import unmet_needs
from livesnippets.run.failure import Standstill, describe
from livesnippets.run.gather import Gatherer
from livesnippets.run.jobs import NAME, Guest, Host, host, wait
from livesnippets.run.observation import NeverReached
from livesnippets.run.recorder import DriverRecorder

if TYPE_CHECKING:
    from collections.abc import Generator

    from livesnippets.run.jobs import Job
    from livesnippets.run.parallel import Controller, Worker
    from livesnippets.settings import Settings

THREAD_SECONDS = 2
"""How long a thread may take to end after its test."""


class Run:
    """One test run of a repository that has snippets."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.config = config
        self.settings = settings
        self.host: Host = config.pluginmanager.get_plugin(NAME) or host(settings)
        self.gatherer = Gatherer(settings, self.host.traces)
        self.recorder = DriverRecorder(settings, self.gatherer.trace("nobody"))
        self.recorder.start()
        self.deadline = Deadline()
        self.job: Job | None = None
        self.collection = Collection(config, settings, self.gatherer)
        self.controller: Controller | None = None
        self.worker: Worker | None = None

    def pytest_configure(self) -> None:
        """Let ``kill`` end the run as Ctrl-C does: with the cluster stopped, evidence kept."""
        self._handler = signal.signal(signal.SIGTERM, _interrupt)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Take part in a run that pytest-xdist shares out; its controller records nothing."""
        plugins = self.config.pluginmanager
        if plugins.has_plugin("dsession"):
            from livesnippets.run.parallel import Controller  # noqa: PLC0415 - xdist may be off

            self.recorder.stop()
            self.controller = Controller(self)
            plugins.register(self.controller)
        elif isinstance(self.host, Guest) and hasattr(self.config, "workerinput"):
            from livesnippets.run.parallel import Worker  # noqa: PLC0415 - see above

            self.worker = Worker(self, self.config.workerinput)
            plugins.register(self.worker)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record each test apart from the others."""
        self.recorder.begin(self.gatherer.begin(item.nodeid, item.path).trace)
        try:
            outcome = yield
        finally:
            own = self.recorder.end(item)
        self.gatherer.end(own, self.recorder.imported, self.recorder.code)
        return outcome

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object]
    ) -> Generator[None, object, object]:
        """Record what sets up a fixture for all tests that share it."""
        with self.recorder.setting_up(fixturedef):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that reached what it declares never reached."""
        self.gatherer.current.declared = self._never_reached(item)
        result = yield
        self._check()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Look again when the job's workers are gone, and what else the test has left."""
        result = yield
        if not self.gatherer.current.failed:
            self._check()
            self._check_threads()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say of a test that ran out of time where each of its processes stood."""
        report = yield
        standstill = None
        if call.excinfo is not None and self.deadline.expired:
            workers = self.job.stacks() if self.job else ""
            standstill = Standstill(self.deadline.coroutines, workers, unmet_needs())
            report.sections += [
                (title, text)
                for title, text in (
                    ("where each Ray worker stood", standstill.workers),
                    ("what Ray could not give", standstill.needs),
                )
                if text
            ]
        if call.excinfo is not None and not report.passed:
            root, foreign = self.settings.root, self.settings.foreign
            failure = describe(call.excinfo, root, foreign, standstill)
            self.gatherer.current.failure = failure
        self.gatherer.current.reports.append(report)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop the cluster and keep the evidence of the tests that ended."""
        if self.controller:
            self.controller.gather()
        self.host.stop()
        nothing_ran = session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
        if nothing_ran and self.collection.left_out:
            session.exitstatus = pytest.ExitCode.OK
        if not (self.worker or self.config.option.collectonly):
            self.gatherer.write()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what became of the evidence, and who could get at Ray."""
        if self.host.warning:
            terminalreporter.write_line(self.host.warning)
        if self.collection.left_out:
            terminalreporter.write_line(
                f"evidence: {self.collection.left_out} tests were current, not run"
            )
        if self.gatherer.written:
            path, count = self.gatherer.written
            terminalreporter.write_line(f"evidence: {count} tests -> {path}")

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind, also after an early end."""
        signal.signal(signal.SIGTERM, self._handler)
        self.host.stop()
        if not self.controller:
            self.recorder.stop()
        self.host.close()

    def start_ray(self) -> None:
        """Start the cluster, or wait that it runs; end the run if it does not start."""
        try:
            with self.deadline.paused():
                _ = self.host.address
        except ClusterError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)

    @pytest.fixture
    def ray_job(self, request: pytest.FixtureRequest) -> Generator[Job]:
        """Join the run's Ray cluster as a job of its own, which ends with the test."""
        timed = request.node.get_closest_marker("recording") is not None
        self.start_ray()
        self.job = self.host.join(self.gatherer.current.trace.folder, timed=timed)
        yield self.job
        self.job.leave()
        self.job = None

    def _never_reached(self, item: pytest.Item) -> list[NeverReached]:
        try:
            return [
                NeverReached.of(self.settings.root, *mark.args, **mark.kwargs)
                for mark in item.iter_markers("never_reached")
            ]
        except (SourceError, TypeError) as error:
            pytest.fail(f"never_reached: {error}", pytrace=False)

    def _check(self) -> None:
        for each in self.gatherer.current.declared:
            if hit := self.gatherer.current.reached(each):
                where = f"{each.path}:{min(hit)}"
                pytest.fail(f"{where}: ran, but the test declares it never reached", pytrace=False)

    def _check_threads(self) -> None:
        """Fail if a thread goes on in a snippet: what it runs later would be no test's."""
        threads = partial(self.recorder.threads_in, self.settings.is_snippet)
        wait(lambda: not threads(), THREAD_SECONDS)
        for name, place in threads().items():
            message = f"{place}: thread {name!r} is still here; end it before the test ends"
            pytest.fail(message, pytrace=False)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
