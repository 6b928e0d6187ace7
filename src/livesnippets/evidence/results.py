"""What a run of the tests leaves behind, and the files that keep it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livesnippets.evidence.environment import Environment
    from livesnippets.source.statements import Spans


@dataclass(frozen=True)
class Result:
    """What one test did."""

    __test__ = False  # or pytest collects it

    outcome: str
    """``passed``, ``failed`` or ``skipped``."""
    duration: float
    """Seconds in the test function, without set-up and clean-up."""
    when: str
    """When the test ended, in UTC, ``2026-11-22T18:51:07+00:00``."""
    commit: str
    """The commit that was checked out; ``+`` at its end: with changes; empty: no repository."""
    files: dict[str, str]
    """The digest of every file of the repository that the test ran or depends on."""
    hits: dict[str, list[int]]
    """The lines that ran during the test, by file."""
    imported: dict[str, list[int]] = field(default_factory=dict)
    """The lines that ran when the modules which the test imports were imported."""
    unreached: dict[str, list[int]] = field(default_factory=dict)
    """The lines that the test declares never run."""
    failure: dict[str, Any] = field(default_factory=dict)
    """Why the test failed, as `failure.describe` gives it; empty if it did not."""
    output: str = ""
    """What the driver printed on its standard output."""
    outputs: dict[str, list[str]] = field(default_factory=dict)
    """What each module printed that the test ran as a script, once for each time that it ran."""
    varying: list[str] = field(default_factory=list)
    """The names of the normalisers that this output needs to be the same each time."""
    measurements: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the test measured: ``{"unit": "ms", "values": [2.1, 2.4]}`` by name."""
    recordings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The recording, by its name, as `recording.Recording.dump` gives it."""

    def ran(self, path: str) -> set[int]:
        """Return the lines of `path` that ran in the test or for it."""
        return {*self.hits.get(path, ()), *self.imported.get(path, ())}


@dataclass(frozen=True)
class Evidence:
    """The tests of one environment, by node id."""

    environment: Environment
    tests: dict[str, Result]
    statements: dict[str, Spans] = field(default_factory=dict)
    """The statements of snippet modules, by digest: to find them takes long."""
