"""Look at processes, and let them heed what they are sent."""

from __future__ import annotations

import os
import signal

import psutil


def heed_interrupts() -> None:
    """Let the processes to come heed what a shell's background jobs and ``nohup`` ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def runs(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def session(pid: int) -> int | None:
    """Return the session of a process, if it is there."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def command(pid: int) -> str:
    """Return a process's command line, which Ray makes a title; empty if it has ended."""
    try:
        return " ".join(psutil.Process(pid).cmdline()).strip()
    except psutil.NoSuchProcess:
        return ""
