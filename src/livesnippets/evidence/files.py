"""The files that keep evidence, each whole or not there, and sealed against careless edits."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.results import FORMAT, Evidence
from livesnippets.finding import SourceError
from livesnippets.source.module import digest, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.results import Result
    from livesnippets.settings import Settings
    from livesnippets.source.statements import Statement

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


def merge(
    settings: Settings, results: dict[str, Result], collected: list[str], crashed: set[str]
) -> tuple[Path, int] | None:
    """Put the results of a run into its environment's file, where what did not run stays.

    `collected` are the files that were read, and all their tests, if that is known: others of these
    files are gone. Tests that `crashed` left nothing: what they once proved does not count. Return
    the file and how many tests it holds, or None if it stays as it is.
    """
    from filelock import FileLock  # noqa: PLC0415 - builds merge nothing, and need not wait for it

    directory, environment = settings.evidence_directory, this_environment()
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / ".lock"):
        before = nothing = Evidence(environment, {})
        with contextlib.suppress(EvidenceError):  # absent or not to be trusted: begin anew
            before = read(directory / f"{environment.slug}.json")
        if before.environment != environment:
            before = nothing
        whole = {name.partition("::")[0] for name in collected}
        there = set(collected) - whole  # a file that was read is not skipped any more
        kept = {
            name: result
            for name, result in before.tests.items()
            if name not in crashed and (name in there or _may_be_there(settings, name, whole))
        }
        tests = dict(sorted({**kept, **results}.items()))
        if tests == before.tests:
            return None
        statements = _statements(settings, tests, before.statements)
        return write(directory, Evidence(environment, tests, statements)), len(tests)


def _may_be_there(settings: Settings, name: str, whole: set[str]) -> bool:
    """Whether a test may still exist that is in none of the files that were collected."""
    file = name.partition("::")[0]
    return file not in whole and (settings.root / file).is_file()


def _statements(
    settings: Settings, tests: dict[str, Result], known: dict[str, list[Statement]]
) -> dict[str, list[Statement]]:
    """Return the statements of every snippet module as a test ran it, by digest."""
    found = {}
    for path, seen in sorted({file for result in tests.values() for file in result.files.items()}):
        if seen in known:
            found[seen] = known[seen]
        elif settings.is_snippet(path):
            with contextlib.suppress(SourceError):  # a page that shows it will say so
                source = read_source(settings.root, path)
                if source.digest == seen:
                    found[seen] = source.statements
    return found


def _seal(text: bytes) -> bytes:
    """Return how a file begins whose content is `text`; always of one length."""
    return f'{{"digest": "{digest(text)}", '.encode()
