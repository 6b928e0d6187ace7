"""What the evidence says of one excerpt."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from livesnippets.source.module import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from livesnippets.evidence.results import Failure, Result
    from livesnippets.finding import Finding


PROVEN, UNREACHED, UNPROVEN, STALE, DRAFT = "proven", "unreached", "unproven", "stale", "draft"
FAILED, PARTLY = "failed", "partly"


@dataclass(frozen=True)
class Verdict:
    """What the evidence says of one excerpt."""

    state: str
    """``proven``, ``failed``, ``unproven`` or ``stale``."""
    lines: dict[int, str]
    """``proven``, ``partly``, ``unreached`` or ``unproven`` for each line of a statement."""
    tests: dict[str, Result]
    """The passing, current tests that ran lines of the excerpt, by node id."""
    findings: list[Finding] = field(default_factory=list)
    """What keeps the excerpt from being proven."""
    failures: dict[str, Failure] = field(default_factory=dict)
    """Why the current tests failed that ran lines of the excerpt."""
    skipped: list[tuple[int, str]] = field(default_factory=list)
    """The parts that did not run of lines that ran: where each begins, and how it reads."""

    @cached_property
    def fingerprint(self) -> str:
        """A short text that changes when anything changes that a page shows of this verdict."""
        told = (self.state, self.lines, self.tests, self.findings, self.failures, self.skipped)
        return digest(repr(told).encode())[7:19]


def spans(numbers: Iterable[int]) -> str:
    """Return sorted line numbers in short: ``3, 5-9``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in runs)
