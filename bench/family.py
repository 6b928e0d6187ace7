"""The processes that a program has started, in whatever sessions they are."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from livesnippets.run.cluster import session


def sessions_of(pid: int) -> set[int]:
    """Return the sessions of a process and of all that come from it, but not our own."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            parents[int(entry.name)] = int(fields[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    sessions = set()
    for member in family:
        with contextlib.suppress(OSError):
            sessions.add(os.getsid(member))
    return sessions - {os.getsid(0)}


def end_sessions(sessions: set[int]) -> None:
    """Kill what is left of these sessions."""
    for leader in sessions:
        for pid in session(leader):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
