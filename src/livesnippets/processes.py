"""The processes of a session: which there are, and how they end."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil


def session(leader: int) -> list[int]:
    """Return the processes of the session that `leader` began."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def name_of(pid: int) -> str:
    """Return the name of a process that runs, or an empty text; a zombie does not run."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


def tell(pid: int, number: signal.Signals) -> None:
    """Send a process a signal, unless it has ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_session(leader: int) -> None:
    """Kill what runs of the session that `leader` began, but for this process."""
    while left := [pid for pid in session(leader) if pid != os.getpid() and name_of(pid)]:
        for pid in left:  # again and again, for one may have begun another meanwhile
            tell(pid, signal.SIGKILL)
        time.sleep(0.01)  # between two looks
