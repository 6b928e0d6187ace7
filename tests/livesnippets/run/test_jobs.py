from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import ray

from livesnippets.run import jobs
from livesnippets.settings import Settings
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import RayProject

ACTORS = """
import asyncio
import threading
import time
from pathlib import Path

import ray


@ray.remote
class Plain:
    def run(self):
        from helpers import step

        return step() and "step" or self.never()

    def never(self):
        return "never"

    def write_and_wait(self, path):
        Path(path).touch()
        time.sleep(3600)
        Path(path).unlink()


@ray.remote
class Async:
    def __init__(self):
        self.event = asyncio.Event()

    async def run(self):
        await self.event.wait()
        return "async"

    async def set(self):
        self.event.set()


@ray.remote(max_concurrency=2)
class Threaded:
    def __init__(self):
        self.event = threading.Event()

    def run(self):
        self.event.wait()
        return "threaded"

    def set(self):
        self.event.set()


@ray.remote
class Background:
    def __init__(self):
        self.thread = threading.Thread(target=self.loop)
        self.thread.start()

    def loop(self):
        self.item = "background"

    def run(self):
        self.thread.join()
        return self.item


@ray.remote
def task():
    return Path(__file__).with_name("task.txt").read_text()


def main():
    print(ray.get(task.remote()))


if __name__ == "__main__":
    main()
"""

TESTS = """
import time
import pytest
import ray
from snippets.actors import Async, Background, Plain, Threaded

NEVER = pytest.mark.never_reached("snippets/actors.py::Plain.never")


@NEVER
def test_every_kind(ray_job):
    plain = Plain.options(name="plain").remote()
    assert ray.get(plain.run.remote()) == "step"
    assert ray.get(Background.remote().run.remote()) == "background"
    for kind in (Async, Threaded):
        actor = kind.remote()
        running = actor.run.remote()
        ray.get(actor.set.remote())
        assert ray.get(running) == kind.__ray_actor_class__.__name__.lower()


def test_a_job_of_its_own(ray_job):
    with pytest.raises(ValueError):
        ray.get_actor("plain")


def test_script(run_snippet):
    assert run_snippet("snippets.actors") == "task\\n"


def test_killed(ray_job, tmp_path):
    plain = Plain.remote()
    plain.write_and_wait.remote(str(tmp_path / "file"))
    while not (tmp_path / "file").exists():
        time.sleep(0.01)
    ray.kill(plain)


@NEVER
def test_reached(ray_job):
    ray.get(Plain.remote().never.remote())


def test_no_ray():
    pass
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_each_test_is_a_job_whose_workers_are_recorded(
    ray_project: RayProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines count in actors of all kinds, whatever ends them, and no other Ray is touched."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    helpers = ray_project.write("helpers.py", "def step():\n    return 'step'\n")
    ray_project.write("snippets/task.txt", "task")
    ray_project.write("snippets/actors.py", ACTORS)
    ray_project.write("tests/test_actors.py", TESTS)

    result = ray_project.run()
    result.assert_outcomes(passed=5, failed=1)
    source = read_source(ray_project.root, "snippets/actors.py")
    [never] = source.body("Plain.never")
    reached = f"snippets/actors.py:{never}: ran, but the test declares it never reached"
    result.stdout.fnmatch_lines([f"FAILED *::test_reached - Failed: {reached}"])
    assert ray_project.left_behind(set()) == []

    runs = ray_project.evidence
    wait = source.body("Plain.write_and_wait")
    ran = runs["test_every_kind"].ran(source.path) | runs["test_script"].ran(source.path)
    assert source.executable - ran == {never, *wait}
    assert runs["test_every_kind"].unreached == {source.path: [never]}
    assert runs["test_every_kind"].hits["helpers.py"] == [1, 2]
    [part] = runs["test_every_kind"].parts[source.path]
    assert source.text_of(part) == '"step"'
    assert wait - runs["test_killed"].ran(source.path) == {max(wait)}
    assert runs["test_script"].outputs["snippets.actors"].runs == ["task\n"] * 2
    assert "helpers.py" not in runs["test_no_ray"].files

    # What only a worker has imported or read makes its test stale, too.
    assert "5 deselected" in ray_project.run("--stale", "--collect-only").stdout.str()
    ray_project.write("snippets/task.txt", "a task")
    before = helpers.stat()
    helpers.write_text("def step():\n    return ''    \n")
    os.utime(helpers, ns=(before.st_atime_ns, before.st_mtime_ns))
    chosen = ray_project.run("--stale", "--collect-only", "-q").stdout.str()
    assert [line for line in chosen.splitlines() if "::" in line] == [
        "tests/test_actors.py::test_every_kind",
        "tests/test_actors.py::test_script",
        "tests/test_actors.py::test_reached",
    ]
    # The worker has compiled the new text, though the old bytecode fits its time and size.
    assert list(ray_project.root.glob("__pycache__/helpers.*.pyc"))
    ray_project.run("-k", "every_kind").assert_outcomes(failed=1, deselected=5)


DETACHED = """
import time

import ray


@ray.remote(max_restarts=-1)
class Stubborn:
    def ready(self):
        return True

    def loop(self):
        while True:
            time.sleep(0.01)


@ray.remote
class Named:
    def ready(self):
        return True

    def __ray_shutdown__(self):
        self.ended = True
"""

DETACHED_TESTS = """
import os
import time

import pytest
import ray
from snippets.detached import Named, Stubborn

DETACHED = {"lifetime": "detached", "namespace": "elsewhere"}


def start(**options):
    actor = Stubborn.options(name="stubborn", **options).remote()
    assert ray.get(actor.ready.remote())
    actor.loop.remote()


@pytest.mark.parametrize("turn", [1, 2])
def test_detached(ray_job, turn):
    start(**DETACHED)


def test_named(ray_job):
    assert ray.get(Named.options(name="named").remote().ready.remote())


@pytest.mark.never_reached("snippets/detached.py::Stubborn")
def test_after_it(ray_job):
    assert ray.util.list_named_actors(all_namespaces=True) == []
    deadline = time.monotonic() + 3  # long enough for a restart, had there been one
    while time.monotonic() < deadline:
        assert ray.util.list_named_actors(all_namespaces=True) == []
        time.sleep(0.1)
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_detached_actors_end_with_their_job(ray_project: RayProject) -> None:
    """In whichever namespace; a named one that is not detached ends as Ray ends it."""
    ray_project.write("snippets/detached.py", DETACHED)
    ray_project.write("tests/test_detached.py", DETACHED_TESTS)
    ray_project.run().assert_outcomes(passed=4)
    assert set(ray_project.outcomes.values()) == {"passed"}


def test_a_worker_may_end_while_it_is_about_to_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look that finds it and the signal; the job ends as ever."""
    monkeypatch.setattr(ray, "init", lambda *_, **__: None)
    monkeypatch.setattr(jobs, "GONE_SECONDS", 0)
    monkeypatch.setattr(jobs, "STACK_SECONDS", 0)
    before = ray.init
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    job = jobs.Job("nowhere", Settings(tmp_path), tmp_path)
    monkeypatch.setattr(job, "workers", lambda: [gone.pid])
    job.leave()
    assert ray.init is before


def test_a_job_that_cannot_be_ended_is_not_the_next_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's own functions are there again, whatever its end raised."""
    monkeypatch.setattr(ray, "init", lambda *_, **__: None)
    before = ray.init
    job = jobs.Job("nowhere", Settings(tmp_path), tmp_path)

    def fail() -> None:
        raise RuntimeError("stuck")

    monkeypatch.setattr(job, "end", fail)
    with pytest.raises(RuntimeError, match="stuck"):
        job.leave()
    assert ray.init is before
