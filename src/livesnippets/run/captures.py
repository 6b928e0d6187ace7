"""What a test may show beside its lines: an output, a measured number, a recording."""

from __future__ import annotations

import contextlib
import difflib
import io
import math
import re
import runpy
import sys
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.output import NAMES, as_shown, normalise
from livesnippets.evidence.recording import Recording, RecordingError
from livesnippets.evidence.results import Capture, Measurement
from livesnippets.run import events
from livesnippets.watch.calls import CallRecorder
from livesnippets.watch.trace import DRIVER

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from livesnippets.run.gather import Gatherer
    from livesnippets.settings import Settings

MOST_OUTPUT = 64 * 1024
WORKER = re.compile(r"^(?:\x1b\[[\d;]*m)*\([\w.]+ pid=\d+", re.MULTILINE)
WORKER_SECONDS = 30


class Captures:
    """The part of the plugin that captures outputs, measurements and recordings."""

    def __init__(self, settings: Settings, gatherer: Gatherer, repeat: int) -> None:
        self.settings = settings
        self.gatherer = gatherer
        self.repeat = repeat
        self.shown_from = 0
        """When the run of a module began whose output is shown; 0 if the module ran but once."""

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
    def run_snippet(self, ray_job: None) -> Callable[..., str]:  # noqa: ARG002 - see above
        """Return a function that runs a module as ``python -m`` does, and returns its output.

        ``varying`` names what may differ between two runs (see `livesnippets.normalise`). With
        ``--repeat`` the module runs several times, and an output that differs in more fails.
        ``worker_lines`` asks for the lines of Ray's workers, too, at least so many; the test is
        marked ``worker_output``.
        """

        def run(module: str, *, varying: Iterable[str] = (), worker_lines: int = 0) -> str:
            names = sorted(varying)
            if unknown := set(names) - {*NAMES}:
                pytest.fail(f"no normaliser {unknown.pop()!r}; there are {', '.join(NAMES)}")
            outputs: list[str] = []
            for _ in range(self.repeat):
                if outputs:
                    self.shown_from = time.monotonic_ns()
                outputs.append(_bounded(as_shown(run_as_main(module, worker_lines))))
            first = normalise(outputs[0], names)
            for output in outputs[1:]:
                if (other := normalise(output, names)) != first:
                    diff = difflib.unified_diff(first.split("\n"), other.split("\n"), lineterm="")
                    pytest.fail(f"{module} printed something else:\n" + "\n".join(diff))
            self.gatherer.current.outputs[module] = Capture(outputs, names)
            return outputs[-1]

        return run

    def _read(self, begin: str) -> Recording:
        """Return what the test has recorded so far, from the first call of a function on."""
        recording = events.read(self.gatherer.current.trace)
        return recording.since(begin, self.shown_from) if begin else recording


def _named(name: str, *, begin: str) -> tuple[str, str]:
    """Return the arguments of a marker that names its recording."""
    return name, begin


def _bounded(text: str) -> str:
    """Cut what is too long to show, and say so."""
    if len(text) <= MOST_OUTPUT:
        return text
    return f"{text[:MOST_OUTPUT]}\n[cut: {len(text) - MOST_OUTPUT:,} more characters]\n"


def run_as_main(module: str, worker_lines: int = 0) -> str:
    """Run `module` as ``python -m`` does, in this process; return what it printed.

    With `worker_lines`, what Ray's workers print counts too, on either stream: it comes a little
    later, so the run lasts until so many of their lines are there.
    """
    printed = io.StringIO()
    streams = contextlib.ExitStack()
    streams.enter_context(contextlib.redirect_stdout(printed))
    if worker_lines:
        streams.enter_context(contextlib.redirect_stderr(printed))
    with streams, warnings.catch_warnings():
        # The test has imported the module; here it runs a second time, on purpose.
        warnings.filterwarnings("ignore", r".*found in sys\.modules", RuntimeWarning)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        deadline = time.monotonic() + WORKER_SECONDS
        while len(WORKER.findall(printed.getvalue())) < worker_lines:
            if time.monotonic() > deadline:
                pytest.fail(f"{module}: fewer than {worker_lines} lines came from Ray's workers")
            time.sleep(0.05)
    sys.stdout.write(as_shown(printed.getvalue()))
    return printed.getvalue()
