from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from livesnippets.run import cluster
from livesnippets.run.cluster import Cluster, ClusterError

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
