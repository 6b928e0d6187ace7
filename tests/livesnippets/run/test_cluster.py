from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from livesnippets.processes import session
from livesnippets.run import cluster, keeper
from livesnippets.run.cluster import Cluster, ClusterError
from tests.support.processes import runs
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import RayProject

TESTS = """
import time
from pathlib import Path

import ray
from snippets.endless import Endless


def test_first():
    pass


def test_endless(ray_job):
    endless = Endless.remote()
    ray.get(endless.ready.remote())
    Path("ready").touch()
    ray.get(endless.run.remote())
"""

ENDLESS = """
import time

import ray


@ray.remote
class Endless:
    def ready(self):
        return True

    def run(self):
        time.sleep(3600)
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
@pytest.mark.parametrize(
    ("number", "exit_code", "outcomes"),
    [
        (signal.SIGINT, pytest.ExitCode.INTERRUPTED, {"test_first": "passed"}),
        (signal.SIGTERM, pytest.ExitCode.INTERRUPTED, {"test_first": "passed"}),
        (signal.SIGKILL, -signal.SIGKILL, {}),
    ],
)
def test_a_run_that_is_ended_leaves_no_ray_behind(
    ray_project: RayProject, number: int, exit_code: int, outcomes: dict[str, str]
) -> None:
    """No process and no folder, however the run ends; what had passed is kept if it can be."""
    ray_project.write("snippets/endless.py", ENDLESS)
    ray_project.write("tests/test_endless.py", TESTS)
    run = ray_project.start()
    ray_project.wait_for("ready", run)
    processes = ray_project.processes()
    assert len(processes) > 4  # holder, GCS, raylet, worker, …
    run.send_signal(number)
    assert run.wait(60) == exit_code
    assert ray_project.left_behind(processes) == []
    assert ray_project.outcomes == outcomes


def test_a_ray_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is in the error, and nothing is left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "ray.py").write_text("raise MemoryError('no room for Ray')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ClusterError, match=r"did not start \(.*no room for Ray\); check memory"):
        Cluster()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_a_ray_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that hangs is ended when the time is up."""
    (tmp_path / "ray.py").write_text("import time\ntime.sleep(3600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(cluster, "START_SECONDS", 1)
    monkeypatch.setattr(cluster, "STOP_SECONDS", 0.1)
    begin = time.monotonic()
    with pytest.raises(ClusterError, match="did not start"):
        Cluster()
    assert time.monotonic() - begin < 20


DEAF = """
import os, signal, subprocess, sys, time

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
subprocess.Popen(["sleep", "3600"])
open(os.environ["STARTING"], "w").write(str(os.getsid(0)))
time.sleep(3600)
"""
"""A Ray that neither starts nor heeds anybody, with a process of its own."""

OWNER = """
import signal
from livesnippets.run.cluster import Cluster

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
signal.signal(signal.SIGUSR1, lambda *_: signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01))
Cluster()
"""


@pytest.fixture
def starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[subprocess.Popen[bytes], int]:
    """Return the owner of a Ray that hangs at its start, and the session of that Ray."""
    (tmp_path / "ray.py").write_text(DEAF)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    starting = tmp_path / "starting"
    monkeypatch.setenv("STARTING", str(starting))
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stderr=subprocess.DEVNULL)
    wait_until(lambda: starting.exists() and starting.read_text(), lambda: "the start", 30, owner)
    return owner, int(starting.read_text())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1])
def test_a_start_that_hangs_does_not_outlive_its_owner(
    starting: tuple[subprocess.Popen[bytes], int], number: int, tmp_path: Path
) -> None:
    """By ten seconds at most, also when the owner is interrupted again and again (SIGUSR1)."""
    owner, leader = starting
    begun = [psutil.Process(pid) for pid in session(leader)]
    assert len(begun) == 3  # the keeper, the holder, and what Ray has begun
    owner.send_signal(number)
    begin = time.monotonic()
    assert owner.wait(10) != 0
    wait_until(lambda: not any(runs(each.pid) for each in begun), lambda: f"the end of {begun}", 10)
    wait_until(lambda: not list(tmp_path.glob("snippets-*")), lambda: "its folder to go", 10)
    assert time.monotonic() - begin < 10


def test_a_program_that_has_ended_leaves_no_process(tmp_path: Path) -> None:
    """Its code is the keeper's, what it has begun is killed, and the folder is gone."""
    folder = tmp_path / "folder"
    folder.mkdir()
    begun = tmp_path / "begun"
    with (
        (tmp_path / "said").open("w+b") as said,
        keeper.start(
            ["sh", "-c", f"sleep 3600 & echo $! > {begun}; exit 7"],
            [folder],
            env={**os.environ},
            stdout=said,
            stderr=said,
        ) as program,
    ):
        assert program.wait(30) == 7
    assert not runs(int(begun.read_text()))
    assert not folder.exists()


def test_without_loopback_the_error_says_so() -> None:
    """At once: Ray itself would wait for ever."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rn", "true"], check=False).returncode:
        pytest.skip("this system gives no network namespace")
    program = "from livesnippets.run.cluster import Cluster; Cluster()"
    said = subprocess.run(
        [unshare, "-rn", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    ).stderr
    assert "Ray cannot use 127.0.0.1" in said
    assert "bring it up: ip link set lo up" in said
