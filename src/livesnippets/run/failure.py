"""What a page in the preview says of a test that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.output import as_shown
from livesnippets.evidence.results import Failure, Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MESSAGE = 2000
MOST_FRAMES = 40
REMOTE = re.compile(r'^ *File "([^"]+)", line (\d+)', re.MULTILINE)


def describe(
    excinfo: pytest.ExceptionInfo[BaseException], root: Path, foreign: list[Path]
) -> Failure:
    """Return a failure's message, and the repository's lines on its way.

    An error that a Ray worker raised counts
    with the lines of the worker, which its text names.
    """
    error = excinfo.value
    cause = getattr(error, "cause", None)  # a RayTaskError's text is the worker's whole traceback
    message = excinfo.exconly(tryshort=True)
    if isinstance(cause, BaseException):
        message = f"{type(cause).__name__}: {cause}"
    elif isinstance(error, pytest.skip.Exception):
        message = str(error.msg)
    ours = [
        Frame(path.removeprefix(f"{root}/"), line)
        for path, line in _places(excinfo)
        if path.startswith(f"{root}/")
        and not any(path.startswith(f"{folder}/") for folder in foreign)
    ]
    return Failure(as_shown(message)[:MOST_MESSAGE], ours[-MOST_FRAMES:])


def _places(excinfo: pytest.ExceptionInfo[BaseException]) -> Iterator[tuple[str, int]]:
    for entry in excinfo.traceback:
        yield str(entry.path), entry.lineno + 1
    for path, line in REMOTE.findall(as_shown(str(excinfo.value))):
        yield path, int(line)
