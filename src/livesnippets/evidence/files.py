"""The files that keep evidence, each whole or not there, and sealed against careless edits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from livesnippets.evidence.results import FORMAT, Evidence
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from pathlib import Path

CURE = "remove it and run 'make html'"


class EvidenceError(Exception):
    """An evidence file that cannot be trusted; says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; {CURE}")
        self.message = message


class _Form(msgspec.Struct):
    """What a file says of its form, whatever else is in it."""

    format: object = None


def write_sealed(path: Path, content: object) -> None:
    """Write `content` with the digest of its text, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    text = msgspec.json.encode(content)
    try:
        unfinished.write_bytes(_seal(text) + text[1:])
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_sealed[T](path: Path, kind: type[T]) -> T:
    """Return what `write_sealed` wrote, or raise `EvidenceError`."""
    try:
        sealed = path.read_bytes()
        msgspec.json.decode(sealed, type=msgspec.Raw)  # no more than whether it is JSON
    except (OSError, msgspec.DecodeError) as error:
        raise EvidenceError(f"is cut short or not JSON ({error})") from error
    text = b"{" + sealed[len(_seal(b"")) :]
    if not sealed.startswith(_seal(text)):
        raise EvidenceError("was edited after the tests wrote it")
    if (found := msgspec.json.decode(text, type=_Form).format) != FORMAT:
        raise EvidenceError(f"has format {found!r}, not {FORMAT}")
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise EvidenceError(f"is not what a test run leaves ({error})") from error


def write(directory: Path, evidence: Evidence) -> Path:
    """Write the evidence of one environment and return its file."""
    path = directory / f"{evidence.environment.slug}.json"
    write_sealed(path, evidence)
    return path


def read(path: Path) -> Evidence:
    """Return the evidence in `path`; raises `EvidenceError` if it is not as it was written."""
    return read_sealed(path, Evidence)


def _seal(text: bytes) -> bytes:
    """Return how a file begins whose content is `text`; always of one length."""
    return f'{{"digest": "{digest(text)}", '.encode()
