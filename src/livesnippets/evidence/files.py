"""The files that keep evidence, each whole or not there, and sealed against careless edits."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from livesnippets.evidence.environment import Environment
from livesnippets.evidence.results import Evidence, Result
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from pathlib import Path


FORMAT = 3
CURE = "remove it and run 'make html'"


class EvidenceError(Exception):
    """An evidence file that cannot be trusted; says why. `CURE` says what to do."""


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
            {name: Result(**run) for name, run in content["tests"].items()},
            content["statements"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"lacks something ({error})") from error


def _seal(text: bytes) -> bytes:
    """Return how a file begins whose content is `text`; always of one length."""
    return f'{{"digest": "{digest(text)}", '.encode()
