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
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING

from livesnippets.processes import kill_session

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


def _keep(folders: Sequence[str], command: Sequence[str]) -> int:
    """Run the program to its end, or to its owner's; return its exit code."""
    program = subprocess.Popen(command, stdin=subprocess.PIPE)
    threading.Thread(target=_heed_owner, args=[program], daemon=True).start()
    code = program.wait()
    kill_session(os.getpid())
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _heed_owner(program: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)  # sys.stdin would be locked when the keeper ends
    assert program.stdin is not None  # noqa: S101 - it is a pipe
    program.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(PATIENCE)
    kill_session(os.getpid())


if __name__ == "__main__":
    ended = _keep(json.loads(sys.argv[1]), sys.argv[2:])
    sys.exit(ended if ended >= 0 else 128 - ended)
