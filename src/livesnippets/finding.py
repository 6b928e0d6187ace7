"""What is wrong, where, and what to do next: as the audit says it, and as an error."""

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


class SourceError(Exception):
    """A module cannot be shown as asked; says where, why, and what to do."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message
