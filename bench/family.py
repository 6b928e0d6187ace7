"""The processes that a program has started, in whatever sessions they are."""

from __future__ import annotations

import contextlib
import os

import psutil

from livesnippets.processes import kill_session


def sessions_of(pid: int) -> set[int]:
    """Return the sessions of a process and of all that come from it, but not our own."""
    sessions = set()
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        for member in (first, *first.children(recursive=True)):
            with contextlib.suppress(OSError):
                sessions.add(os.getsid(member.pid))
    return sessions - {os.getsid(0)}


def end_sessions(sessions: set[int]) -> None:
    """Kill what is left of these sessions."""
    for leader in sessions:
        kill_session(leader)
