"""What a page in the preview says of a test that failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.output import as_shown
from livesnippets.evidence.results import Failure, Frame
from livesnippets.run.demand import cure_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_MESSAGE = 2000
MOST_FRAMES = 40
REMOTE = re.compile(r'^ *File "([^"]+)", line (\d+)', re.MULTILINE)
THREAD = re.compile(r"^(?=(?:Current thread|Thread|Coroutine) )", re.MULTILINE)
"""Where the stack of another thread begins, as faulthandler writes it: the innermost frame first"""


@dataclass(frozen=True)
class Standstill:
    """What was seen of a test when its time was up."""

    coroutines: str
    """Where those of its own process stood."""
    workers: str
    """Where the threads and coroutines of its workers stood."""
    needs: str
    """What Ray could not give it; mostly empty."""


def describe(
    excinfo: pytest.ExceptionInfo[BaseException],
    root: Path,
    foreign: list[Path],
    standstill: Standstill | None = None,
) -> Failure:
    """Return a failure's message, and the repository's lines on its way.

    An error that a Ray worker raised counts with the lines of the worker, which its text names.
    """

    def ours(places: Iterable[tuple[str, int]]) -> list[Frame]:
        return [
            Frame(path.removeprefix(f"{root}/"), line)
            for path, line in places
            if path.startswith(f"{root}/")
            and not any(path.startswith(f"{folder}/") for folder in foreign)
        ]

    error = excinfo.value
    cause = getattr(error, "cause", None)  # a RayTaskError's text is the worker's whole traceback
    message = excinfo.exconly(tryshort=True)
    if isinstance(cause, BaseException):
        message = f"{type(cause).__name__}: {cause}"
    elif isinstance(error, pytest.skip.Exception):
        message = str(error.msg)
    elif isinstance(error, SyntaxError):  # its text begins with the place
        message = f"{type(error).__name__}: {error.msg}"
    if cure := cure_of(cause) or cure_of(error):
        message = f"{message[: MOST_MESSAGE - len(cure) - 2]}; {cure}"
    frames = ours(_places(excinfo))
    if standstill is not None:
        in_workers, here = (
            [found[::-1] for stack in THREAD.split(text) if (found := ours(_remote(stack)))]
            for text in (standstill.workers, standstill.coroutines)
        )
        in_test = [stack[-1] for stack in [frames, *here] if stack]
        message += f"; the test stood at {_listed(in_test)}" if in_test else ""
        stood = [stack[-1] for stack in in_workers]
        message += f"; its workers stood at {_listed(stood)}" if stood else ""
        message += f"; {standstill.needs}" if standstill.needs else ""
        frames = [frame for stack in [*in_workers, frames, *here] for frame in stack]
    return Failure(as_shown(message)[:MOST_MESSAGE], frames[-MOST_FRAMES:])


def cause_of(error: BaseException) -> BaseException:
    """Return the error for which a file could not be read: pytest has made a text of it."""
    of_conftest = hasattr(error, "path") and hasattr(error, "cause")  # that error is not public
    if (of_conftest or isinstance(error, pytest.Collector.CollectError)) and error.__cause__:
        return error.__cause__
    return error


def _places(excinfo: pytest.ExceptionInfo[BaseException]) -> Iterator[tuple[str, int]]:
    for entry in excinfo.traceback:
        yield str(entry.path), entry.lineno + 1
    if isinstance(excinfo.value, SyntaxError) and excinfo.value.filename:
        yield excinfo.value.filename, excinfo.value.lineno or 1
    yield from _remote(as_shown(str(excinfo.value)))


def _remote(text: str) -> Iterator[tuple[str, int]]:
    for path, line in REMOTE.findall(text):
        yield path, int(line)


def _listed(frames: list[Frame]) -> str:
    return ", ".join(f"{path}:{line}" for path, line in dict.fromkeys(frames))
