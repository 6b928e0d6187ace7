"""What a test may show beside its lines: an output, a measured number, a recording."""

from __future__ import annotations

import difflib
import math
import re
import time
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.output import NAMES, OF_WORKER, normalise
from livesnippets.evidence.recording import Recording, RecordingError
from livesnippets.evidence.results import Capture, Measurement
from livesnippets.run import events
from livesnippets.run.patches import Bindings, listed
from livesnippets.run.program import run_apart, run_here
from livesnippets.watch.calls import CallRecorder
from livesnippets.watch.trace import DRIVER

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from livesnippets.run.gather import Gatherer
    from livesnippets.run.jobs import Job
    from livesnippets.settings import Settings

MOST_OUTPUT = 64 * 1024
PROCESS = "process-id"
"""The normaliser that each line of a worker needs."""
TRIES = 3
"""How often a program runs apart before another line of a worker counts: Ray may tear such a line,
and drops those that come more than half a second after a program's end."""
OF_DRIVER = re.compile(r"^[-+](?!\((?:[^()]* )?pid=)", re.MULTILINE)
"""A line of a difference that is none of a worker."""


class Captures:
    """The part of the plugin that captures outputs, measurements and recordings."""

    def __init__(self, settings: Settings, gatherer: Gatherer, *, repeat: int, apart: bool) -> None:
        self.settings = settings
        self.gatherer = gatherer
        self.repeat = repeat
        self.apart = apart
        """Whether a module also runs in a process, and with a Ray, of its own."""
        self.bindings = Bindings(settings)
        self.shown_from = 0
        """When the run of a module began whose output is shown; 0 if the module ran but once."""

    def pytest_collection_finish(self) -> None:
        """Note what names stand for before the first test patches one."""
        self.bindings.note()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Note it, too, of what was imported since, before this test patches something."""
        if "run_snippet" in getattr(item, "fixturenames", ()):  # a doctest has none
            self.bindings.note()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Log a marked test's driver with times; its workers do so by themselves."""
        if item.get_closest_marker("recording") is None:
            return (yield)
        self.shown_from = 0
        trace = self.gatherer.current.trace
        tracer = CallRecorder(self.settings.root, self.settings.snippets, trace, DRIVER)
        tracer.start()
        try:
            return (yield)
        finally:
            tracer.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Keep the recording that a marked test names, when its workers are gone."""
        result = yield
        mark = item.get_closest_marker("recording")
        if mark is not None and (mark.args or mark.kwargs) and self.gatherer.current.passed:
            try:
                name, begin = _named(*mark.args, **mark.kwargs)
                self.gatherer.current.recordings[name] = self._read(begin)
            except (RecordingError, TypeError) as error:
                pytest.fail(f"recording: {error}", pytrace=False)
        return result

    @pytest.fixture
    def recorded(
        self,
        request: pytest.FixtureRequest,
        ray_job: None,  # noqa: ARG002 - see above
    ) -> Callable[[], Recording]:
        """Return a function that reads what a page would draw so far, or else all of it."""
        mark = request.node.get_closest_marker("recording")
        return partial(self._read, mark.kwargs.get("begin", "") if mark else "")

    @pytest.fixture
    def measure(self) -> Callable[[str, str, Iterable[float]], None]:
        """Return a function that keeps a measurement: its name, its unit, its values."""

        def keep(name: str, unit: str, values: Iterable[float]) -> None:
            numbers = [float(value) for value in values]
            if not numbers or not all(map(math.isfinite, numbers)):
                pytest.fail(f"measure {name!r}: {numbers} is nothing to show")
            if name in self.gatherer.current.measurements:
                pytest.fail(f"measure {name!r}: a second time; pass all values at once")
            self.gatherer.current.measurements[name] = Measurement(unit, numbers)

        return keep

    @pytest.fixture
    def run_snippet(self, ray_job: Job | None) -> Callable[..., str]:
        """Return a function that runs a module as ``python -m`` does, and returns its output.

        That is what a reader sees, the lines of Ray's workers included. It runs several times,
        each time as a job of its own, see ``--repeat`` and ``--apart``; an output that differs in
        more than what `varying` names (see `livesnippets.evidence.output`) fails the test. When
        something is patched it also runs apart, where it is not. What a program needs in its
        environment it gets by `environment`, and the page tells the reader of the names.
        """

        def run(
            module: str,
            *,
            varying: Iterable[str] = (),
            environment: Mapping[str, str] = MappingProxyType({}),
        ) -> str:
            names = sorted(varying)
            if unknown := set(names) - {*NAMES}:
                pytest.fail(f"no normaliser {unknown.pop()!r}; there are {', '.join(NAMES)}")
            patched = self.bindings.patched()
            outputs: list[str] = []
            for _ in range(self.repeat):
                if outputs:
                    self.shown_from = time.monotonic_ns()
                outputs.append(_bounded(run_here(module, ray_job, environment)))
                if any(map(OF_WORKER.match, outputs[-1].splitlines())):
                    names = sorted({*names, PROCESS})
                if difference := _difference(outputs[0], outputs[-1], names):
                    pytest.fail(f"{module} printed something else:\n{difference}")
            if apart := self.apart or bool(patched):
                here = f"here, where {listed(patched)} is patched" if patched else "here"
                variables = {**self.bindings.variables, **environment}
                outputs.insert(0, self._run_apart(module, variables, outputs[0], names, here))
            self.gatherer.current.outputs[module] = Capture(
                outputs, names, sorted(environment), apart
            )
            return outputs[-1]

        return run

    def _run_apart(
        self, module: str, variables: dict[str, str], expected: str, names: list[str], here: str
    ) -> str:
        """Run a module apart; fail if it prints something else there."""
        for _ in range(TRIES):
            output = _bounded(run_apart(module, self.settings.root, variables))
            difference = _difference(expected, output, names)
            if not difference or OF_DRIVER.search(difference):
                break
        if difference:
            pytest.fail(f"python -m {module} prints something else than {here}:\n{difference}")
        return output

    def _read(self, begin: str) -> Recording:
        """Return what the test has recorded so far, from the first call of a function on."""
        recording = events.read(self.gatherer.current.trace)
        return recording.since(begin, self.shown_from) if begin else recording


def _named(name: str, *, begin: str) -> tuple[str, str]:
    """Return the arguments of a marker that names its recording."""
    return name, begin


def _difference(first: str, other: str, names: list[str]) -> str:
    """Return the lines in which two outputs differ in more than what `names` cover."""
    before, after = (normalise(output, names).split("\n") for output in (first, other))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))
    return "\n".join(lines[2:])  # the others name files


def _bounded(text: str) -> str:
    """Cut what is too long to show, and say so."""
    if len(text) <= MOST_OUTPUT:
        return text
    return f"{text[:MOST_OUTPUT]}\n[cut: {len(text) - MOST_OUTPUT:,} more characters]\n"
