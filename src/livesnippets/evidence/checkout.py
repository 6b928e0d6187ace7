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
        """Return the commit, with a ``+`` unless it has all `files` as they are; empty without."""
        head, unchanged = self._state
        return f"{head}{'' if files <= unchanged else '+'}" if head else ""

    @cached_property
    def version(self) -> str:
        """The commit in full, with a ``+`` unless it has all files as they are; empty without."""
        head = self._git("rev-parse", "HEAD").strip()
        return f"{head}{'+' if head and self._git('status', '--porcelain', '--', '.') else ''}"

    @cached_property
    def _state(self) -> tuple[str, set[str]]:
        """The commit, and the files, relative to the root, that are as it has them."""
        head = self._git("rev-parse", "--short=10", "HEAD").strip()
        there = self._git("ls-tree", "-rz", "--name-only", "HEAD").split("\0")
        changed = self._git("diff", "-z", "--name-only", "--no-renames", "--relative", "HEAD")
        return head, {*there}.difference(changed.split("\0"))

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.root), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return ""
        return done.stdout if done.returncode == 0 else ""
