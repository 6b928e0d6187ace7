from __future__ import annotations

import importlib
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.run import forkserver
from livesnippets.run.launcher import __main__ as launcher
from livesnippets.watch.ray_names import CONTEXT, PARAMETERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import RayProject

WORKER = """
import os
import sys

import psutil
import ray


@ray.remote
class Worker:
    def parent(self):
        return os.getppid()

    def starter(self):
        return " ".join(psutil.Process(os.getppid()).cmdline())

    def variable(self, name):
        return os.environ.get(name)

    def state(self):
        main = sys.modules["__main__"]
        return sys.path, sys.argv[0], main.__file__, os.getcwd()
"""

TESTS = """
import os
import signal

import pytest
import ray
from snippets.worker import Worker


def start(**variables):
    return Worker.options(runtime_env={"env_vars": variables}).remote()


def test_forked(ray_job):
    worker = start(COLOUR="green")
    assert "livesnippets.run.forkserver" in ray.get(worker.starter.remote())
    assert ray.get(worker.variable.remote("COLOUR")) == "green"
    assert ray.get(worker.variable.remote("RAY_JOB_ID"))


@pytest.mark.parametrize(("name", "value"), [("PYTHONHASHSEED", "0"), ("COLOUR", "red${NONE}")])
def test_started_anew(ray_job, name, value):
    worker = start(**{name: value})
    assert "raylet" in ray.get(worker.starter.remote())
    assert ray.get(worker.variable.remote(name)) == value.removesuffix("${NONE}")


def test_the_same(ray_job):
    forked, anew = start(), start(PYTHONHASHSEED="0")
    assert ray.get(forked.state.remote()) == ray.get(anew.state.remote())
    assert ray.get(forked.parent.remote()) != ray.get(anew.parent.remote())


def test_without_the_fork_server(ray_job):
    os.kill(ray.get(start().parent.remote()), signal.SIGKILL)
    assert "raylet" in ray.get(start().starter.remote())
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_workers_are_forked_where_ray_would_start_the_same(ray_project: RayProject) -> None:
    """A forked worker is as Ray makes it; one that needs another start, or finds none, gets it."""
    ray_project.write("snippets/worker.py", WORKER)
    ray_project.write("tests/test_workers.py", TESTS)
    run = ray_project.run()
    run.assert_outcomes(passed=5)


ARGUMENTS = ["default_worker.py", "--worker-id=1", "--language=PYTHON"]


def request(arguments: list[str] = ARGUMENTS, **context: object) -> forkserver.Request:
    """Return what a launcher asks for, with a runtime environment's context."""
    told = [f"{CONTEXT}{json.dumps(context)}"] if context else []
    return [*arguments, *told], dict(os.environ), "/"


@pytest.mark.parametrize(
    "wanted",
    [
        request(),
        request(py_executable=sys.executable, command_prefix=[], env_vars={"COLOUR": "green"}),
    ],
)
def test_a_plain_worker_can_be_forked(wanted: forkserver.Request) -> None:
    """Its environment may differ in what is read while it runs."""
    assert forkserver.can_fork(wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        request(["worker", "--language=CPP"]),
        request(py_executable="/opt/python"),
        request(command_prefix=["nice"]),
        request(override_worker_entrypoint="/opt/worker.py"),
        request(env_vars={"PYTHONPATH": "/opt"}),
        request(env_vars={"LD_PRELOAD": "malloc.so"}),
        request(env_vars={"PATH": "/opt:${PATH}"}),
    ],
)
def test_a_worker_that_needs_another_start_is_not_forked(wanted: forkserver.Request) -> None:
    """Ray starts it: another program, or another environment for it to start in."""
    assert not forkserver.can_fork(wanted)


def test_a_ray_that_takes_no_other_program_starts_its_workers_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parameters stay as they are, and nothing waits to be forked."""

    class Parameters:
        """It has nothing that Ray could be told by."""

    monkeypatch.setattr("ray._private.parameter.RayParams", Parameters)
    monkeypatch.delenv(launcher.FORKSERVER, raising=False)
    with forkserver.forked_workers(tmp_path):
        assert importlib.import_module(PARAMETERS).RayParams is Parameters
        assert list(tmp_path.iterdir()) == []
        assert launcher.FORKSERVER not in os.environ


def test_without_a_fork_server_no_worker_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launcher then goes Ray's own way."""
    monkeypatch.setenv(launcher.FORKSERVER, str(tmp_path / "none"))
    assert not launcher.is_served()
