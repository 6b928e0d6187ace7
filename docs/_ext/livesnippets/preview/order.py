"""What a warm process is told to run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """Some tests of one repository, by their node ids."""

    files: list[str]
    """The test files to collect."""
    names: frozenset[str]
    """The tests to run."""
    unknown_of: frozenset[str]
    """The files whose tests run also when nobody has heard of them."""
    known: frozenset[str]
    """The tests that somebody has heard of."""

    def asks_for(self, name: str) -> bool:
        """Whether a collected test is to run."""
        new = name not in self.known and name.partition("::")[0] in self.unknown_of
        return new or name in self.names
