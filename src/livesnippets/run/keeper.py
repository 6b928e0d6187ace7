"""Keep a program only as long as its owner wants it, and no longer than its owner lives.

The keeper's standard input is a pipe from the owner. It closes when the owner
is through with the program, and also when the owner dies, however it dies: in
the middle of a start as well. The program's own standard input closes then, and
what is still there of it after `PATIENCE` is killed. The keeper has a session of
its own: a Ctrl-C in the terminal reaches the owner alone, which can end the
program in good order, and the session's processes are those to be killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

PATIENCE = 5
"""Seconds in which a program may end in good order."""


def start(
    command: Sequence[str],
    folders: Iterable[Path],
    *,
    env: Mapping[str, str],
    stdout: int | IO[bytes],
    stderr: IO[bytes],
) -> subprocess.Popen[bytes]:
    """Start a program with a keeper and return the keeper, which ends with the program's code.

    The `folders` are removed when all processes of the program have ended.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, json.dumps(list(map(str, folders))), *command],
        env={**env},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


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


def kill(leader: int) -> None:
    """Kill what runs of the session that `leader` began, but for this process."""
    while left := [pid for pid in session(leader) if pid != os.getpid() and name_of(pid)]:
        for pid in left:  # again and again, for one may have begun another meanwhile
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)  # between two looks


def _keep(folders: Sequence[str], command: Sequence[str]) -> int:
    """Run the program to its end, or to its owner's; return its exit code."""
    program = subprocess.Popen(command, stdin=subprocess.PIPE)
    threading.Thread(target=_heed_owner, args=[program], daemon=True).start()
    code = program.wait()
    kill(os.getpid())
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _heed_owner(program: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)  # sys.stdin would be locked when the keeper ends
    assert program.stdin is not None  # noqa: S101 - it is a pipe
    program.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(PATIENCE)
    kill(os.getpid())


if __name__ == "__main__":
    ended = _keep(json.loads(sys.argv[1]), sys.argv[2:])
    sys.exit(ended if ended >= 0 else 128 - ended)
