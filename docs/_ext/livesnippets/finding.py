"""What the audit has to say: what is wrong, where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """One reason why the site must not be published."""

    path: str
    """A file, from the repository's root."""
    line: int
    message: str
    """What is wrong and what to do, in one line."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"
