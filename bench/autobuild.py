"""sphinx-autobuild as it is by itself, which serves a folder of pages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from bench.process import free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BUILD_SECONDS = 400


@contextlib.contextmanager
def autobuild(
    python: str | Path,
    folder: Path,
    options: Sequence[str],
    variables: dict[str, str] | None = None,
) -> Iterator[str]:
    """Serve a folder; return the address when the first build is done."""
    port = free_port()
    command = [python, "-m", "sphinx_autobuild", "--port", port, *options]
    with running(command, folder, variables) as program:
        program.wait_for("Waiting to detect changes", BUILD_SECONDS)
        program.refuse("ERROR")
        yield f"http://127.0.0.1:{port}"
