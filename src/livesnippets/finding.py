"""What is wrong, where, and what to do next: as the audit says it, and as an error."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

MOST_NAMES = 3
"""How many names are listed when none is like the one that is not there."""


class Kind(StrEnum):
    """What is wrong, in a word or two; CONTRIBUTING.md has a row for each that a build can find."""

    TYPED = "Python with no origin"
    DIFFERS = "differs from its origin"
    UNPROVEN = "unproven"
    STALE = "stale"
    FAILED = "test fails"
    SKIPPED = "test skipped"
    CONTESTED = "never reached, but hit"
    EVIDENCE = "evidence file"
    SOURCE = "module cannot be shown"
    OPTION = "option that changes code"
    NOT_SHOWN = "not shown"
    MISSING = "nothing to show"
    NUMBER = "number typed into prose"
    OUTDATED = "page outdated"
    DOCTEST = "doctest"
    SPHINX = "Sphinx"
    TESTS = "tests that could not run"
    RAY = "Ray"
    SETTINGS = "settings"
    PUBLISHED = "published site"

    @property
    def awaits_tests(self) -> bool:
        """Whether tests that are about to run may cure it."""
        return self in {Kind.UNPROVEN, Kind.STALE, Kind.EVIDENCE, Kind.MISSING}


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file; the file's path is that from the repository's root."""

    path: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Return the place that ``str`` wrote; raises `ValueError`."""
        path, _, line = text.rpartition(":")
        return cls(path, int(line))

    def on_web(self, repository: str) -> str:
        """Return the address of the line where a commit's files can be read; none if unknown."""
        return repository and f"{repository}/{quote(self.path)}#L{self.line}"


@dataclass(frozen=True, order=True)
class Finding:
    """One reason why the site must not be published."""

    place: Place
    kind: Kind
    message: str
    """What is wrong; with a test that failed or was skipped, why."""
    cure: str = ""
    """What to do; empty where the message leaves no doubt."""
    test: str = ""
    """The test that failed, was skipped, or cannot be read, by its node id, or that of its file."""
    follows: tuple[str, ...] = ()
    """The tests and files that may be the reason for it, if there is something wrong with them."""
    fault: Place | None = field(default=None, compare=False)
    """Where the fault is, if it only shows at the place."""
    others: int = field(default=0, compare=False)
    """How many other tests fail, or are skipped, for the same reason."""

    @property
    def told(self) -> str:
        """What is wrong and what to do, in one line."""
        what = {Kind.FAILED: f"{self.test} fails: ", Kind.SKIPPED: f"{self.test} is skipped: "}
        more = f" (and {self.others} more)" if self.others and self.kind in what else ""
        message = f"{what.get(self.kind, '')}{self.message}{more}"
        return f"{message}; {self.cure}" if self.cure else message

    def __str__(self) -> str:
        return f"{self.place}: {self.told}"

    def seen_from(self, place: Place) -> Finding:
        """Return the finding as one of another place, which names this one."""
        message = f"{self.place}: {self.message}"
        return replace(self, place=place, message=message, fault=self.place)

    def explains(self, other: Finding) -> bool:
        """Whether another finding is but a consequence of this one."""
        match self.kind:
            case Kind.FAILED | Kind.SKIPPED:
                return other.kind.awaits_tests and self.test in other.follows
            case Kind.TESTS | Kind.RAY:
                of_it = any(_is_of(self.test, name) for name in other.follows)
                same = other.kind is Kind.FAILED and _is_of(self.test, other.test)
                return same or (other.kind.awaits_tests and (of_it or not self.test))
            case Kind.SOURCE if other.kind is Kind.SOURCE:
                return other.fault == self.place and self.fault is None
            case Kind.SOURCE if other.kind is Kind.NOT_SHOWN:
                return other.place.path == (self.fault or self.place).path
            case Kind.SOURCE:
                follows = other.kind.awaits_tests and self.place.path in other.follows
                return follows or (other.kind is Kind.TESTS and other.place == self.place)
        return False


def _is_of(whole: str, test: str) -> bool:
    """Whether a test is the one named, or one of a file or a folder of that name."""
    return test == whole or test.startswith((f"{whole}::", f"{whole}/"))


def causes(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each cause, without the consequences of others, in order."""
    found = sorted(set(findings))
    reasons = [each for each in found if each.kind in REASONS]
    groups: dict[Hashable, list[Finding]] = {}
    for each in found:
        if not any(reason.explains(each) for reason in reasons):
            groups.setdefault(_cause(each), []).append(each)
    return sorted(map(_one_of, groups.values()))


REASONS = {Kind.FAILED, Kind.SKIPPED, Kind.TESTS, Kind.RAY, Kind.SOURCE}
"""The kinds of findings that others may follow from."""


def _cause(finding: Finding) -> Hashable:
    """Return what is equal for findings of one cause.

    A test fails at every block that it ran, many fail in one fixture, or cannot import one helper.
    """
    match finding.kind:
        case Kind.FAILED:
            return finding.kind, finding.message, finding.fault or finding.test
        case Kind.SKIPPED:
            return finding.kind, finding.message
        case Kind.TESTS:
            return finding.kind, finding.message, finding.place
    return finding


def _one_of(group: list[Finding]) -> Finding:
    """Return the finding at the module that the test's file mirrors, or else the first."""
    one = next((each for each in group if _is_mirrored(each)), group[0])
    return replace(one, others=len({each.test for each in group}) - 1)


def _is_mirrored(finding: Finding) -> bool:
    file = Path(finding.test.partition("::")[0])
    return file.name == f"test_{Path(finding.place.path).name}"


def suggest(name: str, names: Iterable[str]) -> str:
    """Return what to do about a name that is not there: the name that is like it, or the few."""
    known = sorted(names)
    if close := difflib.get_close_matches(name, known, n=1):
        return f"did you mean {close[0]!r}?"
    few = 0 < len(known) <= MOST_NAMES
    return f"there is {', '.join(map(repr, known))}" if few else ""


class SourceError(Exception):
    """A module cannot be shown as asked; its finding says where, why, and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding

    @classmethod
    def at(cls, path: str, line: int, message: str, cure: str = "") -> SourceError:
        """Return the error for a line of a module."""
        return cls(Finding(Place(path, line), Kind.SOURCE, message, cure))
