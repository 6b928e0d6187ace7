"""The folders of one preview, and the names of what lies in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Where the preview reads and writes."""

    root: Path
    source: Path
    conf: Path
    pages: Path
    doctrees: Path
    log: Path
    """Takes what the processes say."""

    def name(self, path: Path) -> str:
        """Return a path from the repository's root, if it lies there."""
        return (
            path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        )
