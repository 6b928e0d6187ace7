"""Which tests a run has, which of them it may leave out, and which files have none to run."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

import pytest

from livesnippets.evidence.ledger import Ledger
from livesnippets.run.failure import cause_of, describe

if TYPE_CHECKING:
    from collections.abc import Generator

    from livesnippets.run.gather import Gatherer
    from livesnippets.settings import Settings

CONFTEST = "conftest.py"
LOCAL = re.compile(r"(\d+\*)?popen")
"""How pytest-xdist is asked for processes of this Python, on this machine, in this folder."""


class Collection:
    """The tests that pytest finds, beside those of which there is evidence."""

    def __init__(self, config: pytest.Config, settings: Settings, gatherer: Gatherer) -> None:
        self.config = config
        self.settings = settings
        self.gatherer = gatherer
        self.left_out = 0
        """How many tests were current, and are not run."""
        self.read: list[str] = []
        """The files that could be read, by node id."""

    @cached_property
    def ledger(self) -> Ledger:
        """The evidence as it was when the run began."""
        return Ledger.of(self.settings)

    @cached_property
    def current(self) -> set[str]:
        """The tests that ``--stale`` leaves out: their programs ran as often as is asked for."""
        apart = self.config.option.apart
        runs = (self.config.option.repeat or self.settings.runs) + apart
        return {
            name
            for name, run in self.ledger.tests.items()
            if self.ledger.is_current(name)
            and all(
                len(output.runs) >= runs and output.apart >= apart
                for output in run.outputs.values()
            )
        }

    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Begin no more processes than there are stale tests, as far as is known by now."""
        for process in getattr(config.option, "tx", None) or []:
            if not LOCAL.fullmatch(process):
                message = (
                    f"cannot prove anything in {process!r}; use -n NUMBER, or --tx NUMBER*popen"
                )
                raise pytest.UsageError(message)
        if getattr(config.option, "tx", None) and config.option.stale and self._knows_all_files():
            stale = len(self.ledger.tests) - len(self.current)
            config.option.tx = config.option.tx[:stale]
            if stale <= 1:
                config.option.dist = "no"  # this process will do

    def _knows_all_files(self) -> bool:
        """Whether there is evidence of some test of each file."""
        root, known = self.settings.root, {test.partition("::")[0] for test in self.ledger.tests}
        files = (root / self.settings.tests).rglob("test_*.py")
        return bool(known) and all(path.relative_to(root).as_posix() in known for path in files)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Keep why a whole file is skipped or cannot be read, a ``conftest.py`` among them."""
        report = yield
        call = None if report.passed else report.call  # what --lf leaves out has none
        if call is not None and call.excinfo is not None:
            folder = isinstance(collector, pytest.Directory)
            path = collector.path / CONFTEST if folder else collector.path
            self._leave_out(path, call.excinfo.value, "skipped" if report.skipped else "failed")
        return report

    def cannot_begin(self, error: Exception) -> None:
        """Keep why there is no run: a ``conftest.py`` that pytest reads before all else."""
        path = getattr(error, "path", None)  # pytest's error has it, but is not public
        if isinstance(path, Path):
            self._leave_out(path, error, "failed")
            self.gatherer.write()

    def _leave_out(
        self, path: Path, error: BaseException, outcome: Literal["failed", "skipped"]
    ) -> None:
        root = self.settings.root
        excinfo = pytest.ExceptionInfo.from_exception(cause_of(error))
        why = describe(excinfo, root, self.settings.foreign)
        if path.is_relative_to(root):
            self.gatherer.leave_out(path.relative_to(root).as_posix(), path, why, outcome)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note which files could be read: one may have no test any more."""
        if report.passed:
            folders = PurePosixPath(report.nodeid).parents
            self.read += [report.nodeid, *(str(folder / CONFTEST) for folder in folders)]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Note which tests there are; with ``--stale``, leave out those with current evidence."""
        in_part = self.config.getoption("lf", default=False)
        whole_files = not in_part and not any("::" in argument for argument in self.config.args)
        if whole_files:
            self.gatherer.collected = [*self.read, *(item.nodeid for item in items)]
        result = yield
        if self.config.getoption("stale"):
            current = [item for item in items if item.nodeid in self.current]
            items[:] = [item for item in items if item not in current]
            self.left_out = len(current)
            self.config.hook.pytest_deselected(items=current)
        return result
