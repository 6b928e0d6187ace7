"""What a run of the tests leaves behind; msgspec refuses what has another type when it is read."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct, field

from livesnippets.evidence.environment import Environment
from livesnippets.evidence.recording import Recording
from livesnippets.source.parts import Position
from livesnippets.source.statements import Statement

FORMAT = 5
"""Raised whenever the files of evidence change their form; one with another form is refused."""


class Frame(NamedTuple):
    """A line of the repository on the way to an error."""

    path: str
    line: int


class Failure(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a test failed, or was skipped."""

    message: str
    frames: list[Frame] = field(default_factory=list)
    """The outermost first."""


class Measurement(Struct, frozen=True, forbid_unknown_fields=True):
    """A number that a test measured, each time that it did."""

    unit: str
    values: list[float]


class Capture(Struct, frozen=True, forbid_unknown_fields=True):
    """What a module printed that a test ran as a script."""

    runs: list[str]
    """Once for each time that it ran."""
    varying: list[str] = field(default_factory=list)
    """The names of the normalisers that it takes for all runs to be the same."""
    variables: list[str] = field(default_factory=list)
    """The names of those of the environment that it was given: a reader has to set them."""
    apart: bool = False
    """Whether the first run was a process with a Ray of its own."""


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """What one test did."""

    outcome: Literal["passed", "failed", "skipped"]
    duration: float
    """Seconds in the test function, without set-up and clean-up."""
    when: str
    """When the test ended, in UTC, ``2026-11-22T18:51:07+00:00``."""
    commit: str
    """The commit that was checked out; ``+`` at its end: with changes; empty: no repository."""
    files: dict[str, str]
    """The digest of every file of the repository that the test ran, imported or read."""
    hits: dict[str, list[int]]
    """The lines that ran during the test, by file."""
    imported: dict[str, list[int]] = field(default_factory=dict)
    """The lines that ran when modules were imported, or fixtures set up, that the test uses."""
    unreached: dict[str, list[int]] = field(default_factory=dict)
    """The lines that the test declares never run."""
    parts: dict[str, list[Position]] = field(default_factory=dict)
    """The parts that ran, in the test or for it, of those that may be skipped in their line."""
    unreached_parts: dict[str, list[Position]] = field(default_factory=dict)
    """The parts that the test declares never run."""
    failure: Failure | None = None
    outputs: dict[str, Capture] = field(default_factory=dict)
    """What each module printed, by its name."""
    measurements: dict[str, Measurement] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)

    @property
    def touched(self) -> set[str]:
        """The files of which it ran something, or declares that it does not."""
        return {*self.hits, *self.imported, *self.unreached, *self.unreached_parts}

    def ran(self, path: str) -> set[int]:
        """Return the lines of `path` that ran in the test or for it."""
        return {*self.hits.get(path, ()), *self.imported.get(path, ())}


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT):
    """The tests of one environment, by node id."""

    environment: Environment
    tests: dict[str, Result]
    statements: dict[str, list[Statement]] = field(default_factory=dict)
    """The statements of snippet modules, by digest: to find them takes long."""
