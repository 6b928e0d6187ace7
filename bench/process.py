"""Run a program to its end, and say what it cost; or keep one running, and end it for sure."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.family import end_sessions, sessions_of
from livesnippets.isolation import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STOP_SECONDS = 20
SETTINGS = {**VARIABLES, "PYTHONUNBUFFERED": "1"}


class FailedError(Exception):
    """A figure could not be measured; says why."""


@dataclass(frozen=True)
class Spent:
    """What a program cost, in seconds."""

    wall: float
    cpu: float
    """Its own CPU time, and that of its children that it waited for."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    seconds: float = 500,
    variables: dict[str, str] | None = None,
) -> Spent:
    """Run a program and return what it cost."""
    before, start = os.times(), time.perf_counter()
    with running(command, folder, variables) as program:
        try:
            code = program.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise FailedError(f"{program} took more than {seconds:g} s") from None
        wall, after = time.perf_counter() - start, os.times()
        if code:
            raise FailedError(f"{program} failed: {program.complaint()}")
    cpu = after.children_user - before.children_user
    return Spent(wall, cpu + after.children_system - before.children_system)


@dataclass(frozen=True)
class Program:
    """A program that runs, and the file that has what it says."""

    command: Sequence[str | Path]
    process: subprocess.Popen[bytes]
    log: Path

    def __str__(self) -> str:
        """Return enough of the command to know it by."""
        return " ".join(Path(part).name for part in self.command[:4])

    def said(self) -> str:
        """Return what the program has said so far."""
        return self.log.read_text(errors="replace")

    def complaint(self) -> str:
        """Return the line that says what went wrong: the first test that failed, or the last."""
        lines = self.said().strip().splitlines() or ["it said nothing"]
        return next((line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1])

    def refuse(self, word: str) -> None:
        """Fail if the program has said a word that means that something went wrong."""
        for line in self.said().splitlines():
            if word in line:
                raise FailedError(f"{self}: {line}")

    def wait_for(self, text: str, seconds: float = 120) -> None:
        """Wait until the program has said `text`."""
        deadline = time.monotonic() + seconds
        while text not in self.said():
            if self.process.poll() is not None:
                raise FailedError(f"{self} ended: {self.complaint()}")
            if time.monotonic() > deadline:
                raise FailedError(f"{self} did not say {text!r} in {seconds:g} s")
            time.sleep(0.05)


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], folder: Path, variables: dict[str, str] | None = None
) -> Iterator[Program]:
    """Keep a program running, and end it with all that it started."""
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".log") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=_environment() | (variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Program(command, process, Path(output.name))
        finally:
            _end(process)


def free_port() -> str:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def python(*arguments: str | Path) -> list[str | Path]:
    """Return a command that runs this Python."""
    return [sys.executable, *arguments]


def _environment() -> dict[str, str]:
    """Return the variables for a program, without those that would change what it does."""
    ours = ("PYTEST_ADDOPTS", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in ours} | SETTINGS


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program as ``kill`` does, and by force what is left of all that it started."""
    sessions = {process.pid}
    if process.poll() is None:
        sessions |= sessions_of(process.pid)  # a notebook's kernel has one of its own
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    end_sessions(sessions)
    process.wait()
