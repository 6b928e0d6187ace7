"""What is seen of one test while it runs, and what it declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from livesnippets.finding import SourceError
from livesnippets.source.module import read_source
from livesnippets.source.parts import ran as parts_that_ran

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    import pytest

    from livesnippets.evidence.recording import Recording
    from livesnippets.evidence.results import Capture, Failure, Measurement
    from livesnippets.source.module import Source
    from livesnippets.source.parts import Position
    from livesnippets.watch.trace import Trace


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


def _by_path[T: (int, Position)](
    declared: Iterable[tuple[str, AbstractSet[T]]],
) -> dict[str, list[T]]:
    found: dict[str, set[T]] = {}
    for path, what in declared:
        found.setdefault(path, set()).update(what)
    return {path: sorted(found[path]) for path in sorted(found) if found[path]}
