"""What a run of the tests leaves behind, and the files that keep it."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from livesnippets.source import digest

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.statements import Spans

FORMAT = 3
CURE = "remove it and run 'make html'"


class EvidenceError(Exception):
    """An evidence file that cannot be trusted; says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; {CURE}")


@dataclass(frozen=True)
class Environment:
    """Where the tests ran."""

    ray: str
    """Ray's version, ``2.60.0``."""
    python: str
    """Python's version, ``3.13.0``."""
    platform: str
    """Operating system and processor, ``linux-x86_64``."""
    nodes: int = 1
    """How many Ray nodes the cluster had."""

    @property
    def slug(self) -> str:
        """A file name for this environment's evidence, without its suffix."""
        return f"{self.platform}-python{self.python}-ray{self.ray}-{self.nodes}node"

    @property
    def in_full(self) -> str:
        """The words that messages use."""
        return f"Ray {self.ray}, Python {self.python}, {self.platform}"

    def __str__(self) -> str:
        """Return the words that pages use: ``Ray 2.60.0, Python 3.13``."""
        return f"Ray {self.ray}, Python {'.'.join(self.python.split('.')[:2])}"


@dataclass(frozen=True)
class TestRun:
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
    tests: dict[str, TestRun]
    statements: dict[str, Spans] = field(default_factory=dict)
    """The statements of snippet modules, by digest: to find them takes long."""


def this_environment(nodes: int = 1) -> Environment:
    """Describe this interpreter and the Ray that is installed for it, without importing Ray."""
    return Environment(
        ray=metadata.version("ray"),
        python=platform.python_version(),
        platform=f"{sys.platform}-{platform.machine()}",
        nodes=nodes,
    )


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write `content` with the digest of its text, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    text = json.dumps(content).encode()
    try:
        unfinished.write_bytes(_seal(text) + text[1:])
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_sealed(path: Path) -> dict[str, Any]:
    """Return what `write_sealed` wrote, or raise `EvidenceError`."""
    try:
        sealed = path.read_bytes()
        content = json.loads(sealed)
    except (OSError, ValueError) as error:
        raise EvidenceError(f"is cut short or not JSON ({error})") from error
    seal = sealed[: len(_seal(b""))]
    if not isinstance(content, dict) or seal != _seal(b"{" + sealed[len(seal) :]):
        raise EvidenceError("was edited after the tests wrote it")
    del content["digest"]
    if content.get("format") != FORMAT:
        raise EvidenceError(f"has format {content.get('format')!r}, not {FORMAT}")
    return content


def write(directory: Path, evidence: Evidence) -> Path:
    """Write the evidence of one environment and return its file."""
    path = directory / f"{evidence.environment.slug}.json"
    tests = {name: vars(run) for name, run in sorted(evidence.tests.items())}
    environment = asdict(evidence.environment)
    content = {"environment": environment, "tests": tests, "statements": evidence.statements}
    write_sealed(path, {"format": FORMAT, **content})
    return path


def read(path: Path) -> Evidence:
    """Return the evidence in `path`; raises `EvidenceError` if it is not as it was written."""
    content = read_sealed(path)
    try:
        return Evidence(
            Environment(**content["environment"]),
            {name: TestRun(**run) for name, run in content["tests"].items()},
            content["statements"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"lacks something ({error})") from error


def _seal(text: bytes) -> bytes:
    """Return how a file begins whose content is `text`; always of one length."""
    return f'{{"digest": "{digest(text)}", '.encode()
