"""Which commit of the repository is checked out, and what differs from it."""

from __future__ import annotations

import subprocess
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Checkout:
    """The state of a repository when it is first asked about."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def commit(self, files: set[str]) -> str:
        """Return the commit, with a ``+`` if one of `files` differs; empty if git knows none."""
        head, changed = self._state
        return f"{head}{'+' if changed & files else ''}" if head else ""

    @cached_property
    def _state(self) -> tuple[str, set[str]]:
        """The commit, and the files that differ from it."""
        head = self._git("rev-parse", "--short=10", "HEAD").strip()
        changes = self._git("status", "--porcelain", "-uall").splitlines()
        return head, {line[3:] for line in changes}

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return ""
        return done.stdout if done.returncode == 0 else ""
