"""Folders for what a run needs meanwhile: where they may lie, and that they do not stay."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

MOST_BYTES = 21
"""What is left of a socket's 107 bytes below ``/snippets-…/ray/session_…/sockets/plasma_store``."""


class TemporaryFolder:
    """A new folder that is removed when this process has ended, however it ended."""

    def __init__(self, prefix: str, place: str | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        self._remover = subprocess.Popen(
            [
                "/bin/sh",
                "-c",
                'cat; rm -rf "$0"',
                self.path,
            ],  # standard input ends with this process
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def remove(self) -> None:
        """Remove it now; does nothing the second time."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._remover.kill()  # a process that was forked meanwhile may hold its input open
        self._remover.communicate()


def for_sockets() -> str:
    """Return a folder whose path is short enough for Ray's sockets below it."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) <= MOST_BYTES else "/tmp"  # noqa: S108 - private below
