"""What is wrong, where, and what to do next: as the audit says it, and as an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong, in a word or two; CONTRIBUTING.md has a row for each that a build can find."""

    TYPED = "Python with no origin"
    DIFFERS = "differs from its origin"
    UNPROVEN = "unproven"
    STALE = "stale"
    FAILED = "test fails"
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


@dataclass(frozen=True, order=True)
class Finding:
    """One reason why the site must not be published."""

    place: Place
    kind: Kind
    message: str
    """What is wrong."""
    cure: str = ""
    """What to do; empty where the message leaves no doubt."""

    @property
    def told(self) -> str:
        """What is wrong and what to do, in one line."""
        return f"{self.message}; {self.cure}" if self.cure else self.message

    def __str__(self) -> str:
        return f"{self.place}: {self.told}"

    def seen_from(self, place: Place) -> Finding:
        """Return the finding as one of another place, which names this one."""
        return replace(self, place=place, message=f"{self.place}: {self.message}")


class SourceError(Exception):
    """A module cannot be shown as asked; its finding says where, why, and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding

    @classmethod
    def at(cls, path: str, line: int, message: str, cure: str = "") -> SourceError:
        """Return the error for a line of a module."""
        return cls(Finding(Place(path, line), Kind.SOURCE, message, cure))
