"""Show how far a run is whose tests are shared out, in place of pytest's dots."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

REDRAW_SECONDS = 0.5
LINE_SECONDS = 10
"""How often a line is added where none can be drawn again: in a file, in the log of a CI."""


class Progress:
    """One line: on a terminal it is drawn again and again, elsewhere added from time to time."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal
        self.redrawn = terminal.isatty() and os.environ.get("TERM") != "dumb"
        self.total = self.done = 0
        self.running: dict[str, float] = {}
        """When each test that runs began, the first one first."""
        self.failed: set[str] = set()
        self._begun = time.monotonic()
        self._over = threading.Event()

    @property
    def line(self) -> str:
        """How far the run is now."""
        seconds = time.monotonic() - self._begun
        running = [*self.running.items()]
        names = [name.partition("::")[2] for name, _ in running]
        if running:  # what hangs is the first; where the line is cut the seconds are still there
            names[0] = f"{time.monotonic() - running[0][1]:.0f} s in {names[0]}"
        return (
            f"{self.done} of {self.total} done, {len(running)} running, "
            f"{len(self.failed)} failed, {seconds:.0f} s{': ' if names else ''}{', '.join(names)}"
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Draw the line until all tests have ended."""
        thread = threading.Thread(target=self._draw_on, daemon=True)
        thread.start()
        try:
            return (yield)
        finally:
            self._over.set()
            thread.join()
            if self.total:
                self._draw()

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Hear how many tests there are."""
        self.total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Hear that a test begins."""
        self.running[nodeid] = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Hear that a test has ended."""
        del self.running[nodeid]
        self.done += 1

    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Hear that a test has ended its process."""
        if crashitem in self.running:  # it may not have begun
            self.pytest_runtest_logfinish(crashitem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear that a test has failed."""
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(
        self,
    ) -> Generator[None, tuple[str, str, object], tuple[str, str, object]]:
        """Keep back the dots, for they would get between the lines."""
        category, letter, word = yield
        return (category, letter, word) if self._over.is_set() else (category, "", "")

    def _draw_on(self) -> None:
        """Draw from a thread of its own: the main one waits for the workers."""
        while not self._over.wait(REDRAW_SECONDS if self.redrawn else LINE_SECONDS):
            if self.running:
                self._draw()

    def _draw(self) -> None:
        if self.redrawn:
            width = self.terminal.config.get_terminal_writer().fullwidth - 1
            self.terminal.rewrite(self.line[:width], erase=True)
            self.terminal.currentfspath = -2  # whatever pytest writes next begins a line
            self.terminal.flush()
        else:
            self.terminal.write_line(self.line)
