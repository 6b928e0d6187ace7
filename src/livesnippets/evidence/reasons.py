"""Why an excerpt is not proven, by the tests that failed or never got there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from livesnippets.evidence.results import Failure
from livesnippets.evidence.verdict import spans
from livesnippets.finding import Finding, Kind, Place

if TYPE_CHECKING:
    from livesnippets.evidence.results import Result
    from livesnippets.source.module import Excerpt

PROVE = "run 'make html'"
"""What to do about evidence that is missing, or no longer true."""
UNTOLD = Failure("no message")
"""Why a test failed that was ended before it could say so."""
LONGEST = 200
"""Characters of a failure's first line: what is left out stands at the block."""


NOWHERE = Place("")
"""The place of a finding that has none yet."""


class Missing(Exception):  # noqa: N818 - it says what is missing
    """No current, passing test left what a page asks for."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding)
        self.finding = finding

    def at(self, place: Place) -> Finding:
        """Return the finding at the place on a page that asks."""
        return replace(self.finding, place=place)


def tests_of(runs: dict[str, Result], path: str, excerpt: Excerpt) -> dict[str, Result]:
    """Return the tests that ran lines of the excerpt, or else those that imported it.

    Or else those that did not pass, as they ended before they ran a line of the module.
    """
    shown = set(excerpt.numbers)
    ran = {n: run for n, run in runs.items() if shown.intersection(run.hits.get(path, ()))}
    imported = {n: run for n, run in runs.items() if shown & run.ran(path)}
    before = {n: r for n, r in runs.items() if r.outcome != "passed" and not r.hits.get(path)}
    return ran or imported or before


def told(path: str, excerpt: Excerpt, name: str, failure: Failure) -> Finding:
    """Say where in the excerpt, if anywhere, a test failed, and of what."""
    frames = [line for place, line in failure.frames if place == path]
    line = next((n for n in reversed(frames) if n in excerpt.numbers), excerpt.numbers[0])
    return _failing(Place(path, line), name, failure)


def reason(place: Place, name: str, run: Result) -> Finding:
    """Return the finding that a test failed or was skipped."""
    failure = run.failure or UNTOLD
    if run.outcome == "skipped":
        fault = Place(*failure.frames[-1]) if failure.frames else None
        said = _first_line(failure)
        return Finding(place, Kind.SKIPPED, said, "let it run", test=name, fault=fault)
    return _failing(place, name, failure)


def _failing(place: Place, name: str, failure: Failure) -> Finding:
    fault = Place(*failure.frames[-1]) if failure.frames else None
    return Finding(place, Kind.FAILED, _first_line(failure), test=name, fault=fault)


def _first_line(failure: Failure) -> str:
    line = failure.message.partition("\n")[0]
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} …"


def named(numbers: list[int]) -> str:
    """Return ``line 3`` or ``lines 3, 5-9``."""
    return f"line{'s' if len(numbers) > 1 else ''} {spans(numbers)}"
