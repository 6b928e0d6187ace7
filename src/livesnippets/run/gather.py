"""Turn what is seen of each test, while it runs, into a result."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from livesnippets.evidence import files
from livesnippets.evidence.results import Result
from livesnippets.finding import SourceError
from livesnippets.run.checkout import Checkout
from livesnippets.run.imports import Imports
from livesnippets.source.module import digest, read_source
from livesnippets.source.parts import ran as parts_that_ran
from livesnippets.watch.files import READ, WRITTEN, stamp
from livesnippets.watch.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import pytest

    from livesnippets.evidence.recording import Recording
    from livesnippets.evidence.results import Capture, Failure, Measurement
    from livesnippets.run.recorder import Lines, Seen
    from livesnippets.settings import Settings
    from livesnippets.source.module import Source
    from livesnippets.source.parts import Position
    from livesnippets.watch.trace import Opened

TEST = "test-{}"
"""The folder for the trace of a process's first test, second test, ...: what is left of one test
must not write into the trace of the next."""


@dataclass(frozen=True)
class NeverReached:
    """What a test declares never runs: lines, and parts of lines."""

    source: Source
    lines: frozenset[int]
    parts: frozenset[Position]

    @property
    def path(self) -> str:
        """The module's path."""
        return self.source.path

    @classmethod
    def of(
        cls, root: Path, definition: str, line: str | None = None, part: str | None = None
    ) -> NeverReached:
        """Return the body of a definition, or one line of it, or a part that a line may skip.

        `definition` is ``path/to/module.py::Class.method``. Raises `SourceError` when there
        is no such definition, line or part.
        """
        path, separator, name = definition.partition("::")
        if not separator:
            cure = "write 'path/to/module.py::name'"
            raise SourceError.at(path, 1, "names no definition", cure)
        source = read_source(root, path)
        lines = source.body(name, line) if part is None else frozenset()
        parts = source.body_parts(name, part) if line is None else frozenset()
        if not lines and not parts:
            where = source.definition(name).lineno
            sought = f"line {line!r}" if part is None else f"part {part!r} that may be skipped"
            raise SourceError.at(path, where, f"{name} has no {sought}")
        unsure = (each.position for each in source.code.parts if not each.observable)
        for each in sorted(parts.intersection(unsure)):
            message = f"Python does not say whether '{source.text_of(each)}' ran"
            raise SourceError.at(path, each.line, message, "give it a line of its own")
        return cls(source, lines, parts)


@dataclass
class Observation:
    """What is seen of one test while it runs."""

    name: str
    """The test's node id."""
    module: Path
    trace: Trace
    reports: list[pytest.TestReport] = field(default_factory=list)
    """Those of its phases so far."""
    declared: list[NeverReached] = field(default_factory=list)
    failure: Failure | None = None
    outputs: dict[str, Capture] = field(default_factory=dict)
    measurements: dict[str, Measurement] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)

    def reached(self, declared: NeverReached) -> set[int]:
        """Return the lines of what is declared that the test has run so far."""
        source, code = declared.source, declared.source.code
        parts = {*parts_that_ran(source.parts, self.trace.positions(source.path))}
        lines = code.ran(self.trace.hits().get(source.path, set()), parts)
        return {*lines & code.only(declared.lines), *(p.line for p in parts & declared.parts)}

    @property
    def unreached(self) -> dict[str, list[int]]:
        """The declared lines of each file."""
        return _by_path((each.path, each.lines) for each in self.declared)

    @property
    def unreached_parts(self) -> dict[str, list[Position]]:
        """The declared parts of each file."""
        return _by_path((each.path, each.parts) for each in self.declared)

    @property
    def passed(self) -> bool:
        """Whether the test function has run and nothing has failed so far."""
        ran = any(report.when == "call" and report.passed for report in self.reports)
        return ran and not self.failed

    @property
    def failed(self) -> bool:
        """Whether a phase of the test has failed so far."""
        return any(report.failed for report in self.reports)

    @property
    def outcome(self) -> Literal["passed", "failed", "skipped"]:
        """What became of the test; one that was interrupted has failed."""
        if self.failed or not self.reports:
            return "failed"
        skipped = any(report.skipped or hasattr(report, "wasxfail") for report in self.reports)
        return "skipped" if skipped else "passed"

    @property
    def duration(self) -> float:
        """The seconds that the test function took."""
        return next((report.duration for report in self.reports if report.when == "call"), 0.0)


class Gatherer:
    """Collects what each test did, and writes it for this run's environment."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.settings = settings
        self.directory = directory
        self.collected: list[str] = []
        """The collected files and all their tests, by node id; empty when that is not known."""
        self.written: tuple[Path, int] | None = None
        """The evidence file and how many tests it holds, after `write`."""
        self.results: dict[str, Result] = {}
        """What the tests of this run have left so far, by node id."""
        self.crashed: set[str] = set()
        """The tests that ended their process: what they once proved does not count."""
        self._current: Observation | None = None
        self._imports = Imports(settings.root, settings.foreign)
        self._checkout = Checkout(settings.root)
        self._digests: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)

    def trace(self, name: str) -> Trace:
        """Return a trace, whose folder is made if need be."""
        path = self.directory / name
        path.mkdir(parents=True, exist_ok=True)  # its parent goes with the cluster
        return Trace(path)

    @property
    def current(self) -> Observation:
        """What is seen of the test that runs now."""
        assert self._current is not None  # noqa: S101 - `begin` comes first
        return self._current

    def begin(self, name: str, module: Path) -> Observation:
        """Begin to observe a test."""
        self._current = Observation(name, module, self.trace(TEST.format(next(self._numbers))))
        return self._current

    def end(self, own: list[Seen], imported: dict[str, Seen], code: set[Opened]) -> None:
        """Turn what was seen of the test that has ended into a `Result`.

        `own` is what this process did for it, `imported` what it has done so far for the import
        of each file, and `code` are the modules that it has loaded.
        """
        seen, self._current = self.current, None
        hits, opened = seen.trace.hits(), seen.trace.opened()
        ours = (self.settings.root / path for path in hits)
        imports = self._imports.of(seen.module, *self._conftests(seen.module), *ours)
        shared = [*own, *(imported[path] for path in imports if path in imported)]
        at_import = _joined(each.lines for each in shared)
        ran = {*imports, *hits, *at_import, *seen.unreached, *seen.unreached_parts}
        of_snippets = seen.name.startswith(f"{self.settings.tests}/")  # it may have ended early
        snippets = sorted(filter(self.settings.is_snippet, ran))
        parts = {path: self._parts(path, seen.trace, shared) for path in snippets}
        shutil.rmtree(seen.trace.folder)
        if not (of_snippets or snippets):
            return
        opened.update(*(each.files for each in shared))
        used = {path for path in {self.settings.lock, *_read(opened)} if self._is_file(path)}
        stamps: dict[str, set[str]] = {}
        for file in opened | code:
            if file.kind != WRITTEN:
                stamps.setdefault(file.path, set()).add(file.stamp)
        self.results[seen.name] = Result(
            outcome=seen.outcome,
            duration=round(seen.duration, 3),
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=self._checkout.commit(ran | used),
            files={p: self._digest(p, stamps.get(p, set())) for p in sorted(ran | used)},
            hits={path: sorted(hits[path]) for path in sorted(hits)},
            imported={path: sorted(at_import[path]) for path in sorted(at_import)},
            unreached=seen.unreached,
            parts={path: found for path, found in parts.items() if found},
            unreached_parts=seen.unreached_parts,
            failure=seen.failure,
            outputs=seen.outputs,
            measurements=seen.measurements,
            recordings=seen.recordings,
        )

    def leave_out(
        self, name: str, module: Path, why: Failure, outcome: Literal["failed", "skipped"]
    ) -> None:
        """Keep why a whole file is skipped or cannot be read, which leaves no test to say so."""
        tests = self.settings.tests
        folder = name.removesuffix("conftest.py")  # what it is needed for, if it is such a file
        if not (name.startswith(f"{tests}/") or tests.startswith(folder)):
            return
        used = {*self._imports.of(module, *self._conftests(module)), self.settings.lock}
        self.results[name] = Result(
            outcome=outcome,
            duration=0.0,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=self._checkout.commit(used),
            files={p: self._digest(p, set()) for p in sorted(used) if self._is_file(p)},
            hits={},
            failure=why,
        )

    def write(self) -> None:
        """Merge the run into its environment's evidence file."""
        if self.results or self.collected or self.crashed:
            self.written = files.merge(self.settings, self.results, self.collected, self.crashed)

    def _parts(self, path: str, trace: Trace, shared: list[Seen]) -> list[Position]:
        """Return the parts of a module that ran in a test, or in what it shares with others."""
        places = trace.positions(path).union(*(each.places.get(path, ()) for each in shared))
        with contextlib.suppress(SourceError):  # a page that shows it will say so
            return parts_that_ran(read_source(self.settings.root, path).parts, places)
        return []

    def _conftests(self, module: Path) -> list[Path]:
        folders = [module.parent, *module.parent.parents]
        ours = (folder for folder in folders if folder.is_relative_to(self.settings.root))
        return [path for folder in ours if (path := folder / "conftest.py").is_file()]

    def _is_file(self, path: str) -> bool:
        return (self.settings.root / path).is_file()

    def _digest(self, path: str, seen: set[str]) -> str:
        """Return a file's digest, or nothing if it is no longer as it was when it was opened."""
        file = self.settings.root / path
        now = stamp(file)
        if not now or seen - {now}:
            return ""
        if (path, now) not in self._digests:
            self._digests[path, now] = digest(file.read_bytes())
        return self._digests[path, now]


def _by_path[T: (int, Position)](
    declared: Iterable[tuple[str, AbstractSet[T]]],
) -> dict[str, list[T]]:
    found: dict[str, set[T]] = {}
    for path, what in declared:
        found.setdefault(path, set()).update(what)
    return {path: sorted(found[path]) for path in sorted(found) if found[path]}


def _read(opened: set[Opened]) -> set[str]:
    """Return the files that were read, and not written by who read them."""
    paths = {kind: {file.path for file in opened if file.kind == kind} for kind in (READ, WRITTEN)}
    return paths[READ] - paths[WRITTEN]


def _joined(parts: Iterable[Lines]) -> Lines:
    joined: Lines = {}
    for path, lines in itertools.chain.from_iterable(part.items() for part in parts):
        joined.setdefault(path, set()).update(lines)
    return joined
