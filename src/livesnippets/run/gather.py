"""Turn the traces and reports of a test run into evidence."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from livesnippets.evidence import files as evidence
from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.files import EvidenceError
from livesnippets.evidence.results import Evidence, Result
from livesnippets.finding import SourceError
from livesnippets.run.imports import Imports
from livesnippets.source.module import digest, read_source
from livesnippets.watch.trace import read_hits

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from livesnippets.settings import Settings
    from livesnippets.source.statements import Spans


@dataclass(frozen=True)
class NeverReached:
    """Lines that a test declares never run."""

    path: str
    lines: frozenset[int]


def nothing() -> dict[str, Any]:
    """Return the exhibits of a test that has none; the keys are fields of `Result`."""
    return {"outputs": {}, "varying": [], "measurements": {}, "recordings": {}}


class Gatherer:
    """Collects what each test did, and writes it for this run's environment."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.settings = settings
        self.directory = directory
        self.closure = Imports(settings.root, settings.foreign)
        self.collected: list[str] = []
        """The node ids of all tests in the collected files; empty when that is not known."""
        self.current: Path | None = None
        """The trace of the test that runs now."""
        self.exhibits = nothing()
        """What the test that runs now has to show beside its lines."""
        self.failure: dict[str, Any] = {}
        """Why the test that runs now failed, see `failure.describe`."""
        self.written: tuple[Path, int] | None = None
        """The evidence file and how many tests it holds, after `write`."""
        self.results: dict[str, Result] = {}
        """What the tests of this run have left so far, by node id."""
        self.crashed: set[str] = set()
        """The tests that ended their process: what they once proved does not count."""
        self._reports: list[pytest.TestReport] = []
        self._declared: list[NeverReached] = []
        self._test = ("", settings.root)
        self._digests: dict[str, str] = {}
        self._started = time.time()

    def trace(self, name: str) -> Path:
        """Return the folder for a trace, made if need be."""
        path = self.directory / name
        path.mkdir(parents=True, exist_ok=True)  # its parent goes with the cluster
        return path

    def begin(self, name: str, module: Path) -> Path:
        """Start to gather for a test and return the folder for its trace."""
        self._test, self._reports, self._declared = (name, module), [], []
        self.exhibits, self.failure = nothing(), {}
        self.current = self.trace("test")
        return self.current

    def declare(self, definition: str, line: str | None = None) -> NeverReached:
        """Declare that the body of a definition, or one line of it, never runs.

        `definition` is ``path/to/module.py::Class.method``. Raises `SourceError` when there
        is no such definition or line.
        """
        path, separator, name = definition.partition("::")
        if not separator:
            raise SourceError(path, 1, "names no definition; write 'path/to/module.py::name'")
        source = read_source(self.settings.root, path)
        lines = source.body(name)
        if line is not None:
            lines = frozenset(n for n in lines if source.lines[n - 1].strip() == line.strip())
        if not lines:
            raise SourceError(path, source.definition(name).lineno, f"{name} has no line {line!r}")
        declared = NeverReached(path, lines)
        if declared not in self._declared:
            self._declared.append(declared)
        return declared

    def reached(self, declared: NeverReached) -> set[int]:
        """Return the declared lines that the test has run so far."""
        if self.current is None:
            return set()
        return set(declared.lines & read_hits(self.current).get(declared.path, set()))

    def note(self, report: pytest.TestReport) -> None:
        """Keep the report of one phase of the test."""
        self._reports.append(report)

    @property
    def passed(self) -> bool:
        """Whether the test function has run and nothing has failed so far."""
        ran = any(report.when == "call" and report.passed for report in self._reports)
        return ran and not self.failed

    @property
    def failed(self) -> bool:
        """Whether a phase of the test has failed so far."""
        return any(report.failed for report in self._reports)

    def end(self) -> None:
        """Turn the finished test's trace and reports into a `Result`."""
        name, module = self._test
        hits = read_hits(self.trace("test"))
        shutil.rmtree(self.trace("test"))
        self.current = None
        imports = self.closure.of(module, *self._conftests(module))
        if not any(map(self.settings.is_snippet, imports.union(hits))):
            return
        at_import = read_hits(self.trace("import"))
        call = next((report for report in self._reports if report.when == "call"), None)
        files = {*imports, *hits}
        if (self.settings.root / self.settings.lock).is_file():
            files.add(self.settings.lock)
        self.results[name] = Result(
            outcome=self._outcome(),
            duration=round(call.duration, 3) if call else 0.0,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=self._commit(files),
            files={path: self._digest(path) for path in sorted(files)},
            hits={path: sorted(hits[path]) for path in sorted(hits)},
            imported={path: sorted(at_import[path]) for path in sorted(imports & {*at_import})},
            unreached=self._unreached(),
            failure=self.failure,
            output=call.capstdout if call else "",
            **self.exhibits,
        )

    def write(self) -> None:
        """Merge the run into its environment's evidence file: what did not run stays."""
        if not (self.results or self.collected or self.crashed):
            return
        directory = self.settings.evidence_directory
        directory.mkdir(parents=True, exist_ok=True)
        environment = this_environment()
        with FileLock(directory / ".lock"):
            try:
                before = evidence.read(directory / f"{environment.slug}.json")
            except EvidenceError:  # absent or not to be trusted: begin anew
                before = Evidence(environment, {})
            kept = {name: run for name, run in before.tests.items() if self._still_there(name)}
            tests = {**kept, **self.results}
            if tests == before.tests:
                return
            statements = self._statements(tests, before.statements)
            found = Evidence(environment, tests, statements)
            self.written = evidence.write(directory, found), len(tests)

    def _statements(self, tests: dict[str, Result], known: dict[str, Spans]) -> dict[str, Spans]:
        """Return the statements of every snippet module as a test ran it, by digest."""
        files = {file for run in tests.values() for file in run.files.items()}
        found = {}
        for path, seen in sorted(files):
            if seen in known:
                found[seen] = known[seen]
            elif self.settings.is_snippet(path):
                with contextlib.suppress(SourceError):  # a page that shows it will say so
                    source = read_source(self.settings.root, path)
                    if source.digest == seen:
                        found[seen] = source.spans
        return found

    def _still_there(self, name: str) -> bool:
        """Whether a test that did not run now may still exist."""
        file = name.partition("::")[0]
        files = {each.partition("::")[0] for each in self.collected}
        if name in self.crashed:
            return False
        return name in self.collected or (
            file not in files and (self.settings.root / file).is_file()
        )

    def _outcome(self) -> str:
        if self.failed or not self._reports:
            return "failed"
        skipped = any(report.skipped or hasattr(report, "wasxfail") for report in self._reports)
        return "skipped" if skipped else "passed"

    def _unreached(self) -> dict[str, list[int]]:
        lines: dict[str, set[int]] = {}
        for declared in self._declared:
            lines.setdefault(declared.path, set()).update(declared.lines)
        return {path: sorted(lines[path]) for path in sorted(lines)}

    def _conftests(self, module: Path) -> list[Path]:
        folders = [module.parent, *module.parent.parents]
        ours = (folder for folder in folders if folder.is_relative_to(self.settings.root))
        return [path for folder in ours if (path := folder / "conftest.py").is_file()]

    def _digest(self, path: str) -> str:
        """Return a file's digest; a file that was edited during the run gets an empty one."""
        if path not in self._digests:
            file = self.settings.root / path
            try:
                edited = file.stat().st_mtime > self._started
                self._digests[path] = "" if edited else digest(file.read_bytes())
            except OSError:
                self._digests[path] = ""
        return self._digests[path]

    def _commit(self, files: set[str]) -> str:
        head, changed = self._checkout
        return f"{head}{'+' if changed & files else ''}" if head else ""

    @cached_property
    def _checkout(self) -> tuple[str, set[str]]:
        """The commit, and the files that differ from it."""
        head = self._git("rev-parse", "--short=10", "HEAD").strip()
        changes = self._git("status", "--porcelain", "-uall").splitlines()
        return head, {line[3:] for line in changes}

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.settings.root), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return ""
        return done.stdout if done.returncode == 0 else ""
