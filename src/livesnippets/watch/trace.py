"""Where the processes of one test write what they do, and how it is read back.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def read_hits(trace: Path) -> dict[str, set[int]]:
    """Return the hit lines of each file, from all the processes that wrote to `trace`.

    A record that a dying process left unfinished, without its newline, is no hit.
    """
    hits: dict[str, set[int]] = {}
    for sink in trace.glob("*.hits"):
        complete = sink.read_text(encoding="utf-8", errors="surrogateescape").split("\n")[:-1]
        for record in complete:
            path, _, line = record.rpartition("\t")
            hits.setdefault(path, set()).add(int(line))
    return hits


def append(sink: Path) -> int:
    """Open a file to append to, and return its descriptor."""
    return os.open(sink, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
