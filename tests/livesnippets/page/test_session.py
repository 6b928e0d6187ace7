from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from livesnippets.page.session import Session
from tests.support.processes import runs
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 60
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
ORPHAN = """
import subprocess, sys, threading
from livesnippets.page.session import Session

def hang(send):
    send((subprocess.Popen(["sleep", "600"]).pid, __import__("os").environ["RAY_TMPDIR"]))
    threading.Event().wait()

with Session(hang) as session:
    for pid, folder in session.messages(600):
        print(session.pid, pid, folder, flush=True)
"""


def work(send: Callable[[Any], None]) -> None:
    """Say what environment there is."""
    send(dict(os.environ))


def hang(send: Callable[[Any], None]) -> None:
    """Start a process that outlives its parent, and do not end."""
    send(subprocess.Popen(SLEEP).pid)
    threading.Event().wait()


def leave(send: Callable[[Any], None]) -> None:
    """Start a process, and end at once."""
    send(subprocess.Popen(SLEEP).pid)


def test_a_ray_of_a_session_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds no other, and its folder goes; the parent's environment stays."""
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with Session(work) as session:
        [environment] = session.messages(LONG)
        folder = Path(environment["RAY_TMPDIR"])
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert environment["RAY_ADDRESS"] == "local"
    assert os.environ["RAY_ADDRESS"] == "10.0.0.1:6379"
    assert not folder.exists()


def test_a_session_that_hangs_is_ended_with_all_that_it_started() -> None:
    """Whoever waits for it hears of it."""
    with Session(hang) as session:
        messages = session.messages(2)
        started = next(messages)
        assert runs(started)
        with pytest.raises(TimeoutError):
            next(messages)
    assert not runs(started)
    assert not runs(session.pid)


def test_what_a_session_leaves_running_is_ended() -> None:
    """Also if it ended in good order."""
    with Session(leave) as session:
        [started] = session.messages(LONG)
    assert not runs(started)


def test_a_session_does_not_outlive_its_parent() -> None:
    """Though the parent was killed."""
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    leader, started, folder = parent.stdout.readline().split()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    left = [int(leader), int(started)]
    wait_until(lambda: not any(map(runs, left)), lambda: f"still there: {left}", 30)
    assert not Path(folder).exists()
