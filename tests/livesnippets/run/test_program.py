"""Programs that start Ray by themselves, and what a reader sees of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from livesnippets.run.program import NOT_STARTED, run_apart, run_here
from livesnippets.source.module import read_source
from tests.support.files import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import RayProject

JOINING = """
import ray

ray.init()


@ray.remote
class Counter:
    def count(self):
        print("counting")
        return 1


counter = Counter.options(name="counter").remote()
print(ray.get(counter.count.remote()))
ray.shutdown()
"""

OWN = """
import ray

ray.init(num_cpus=3, resources={"x": 1})


@ray.remote(resources={"x": 1})
def task():
    return "done"


resources = ray.cluster_resources()
print(resources["CPU"], resources["x"], ray.get(task.remote()))
"""

ENVIRONMENT = """
import os
import ray


def greet():
    os.environ["GREETING"] += " world"


ray.init(
    address="auto",
    namespace="greetings",
    runtime_env={"env_vars": {"GREETING": "hello"}, "worker_process_setup_hook": greet},
)


@ray.remote
def task():
    return os.environ["GREETING"], ray.get_runtime_context().namespace


print(*ray.get(task.remote()))
"""

TWICE = """
import ray


def main():
    ray.init()
    try:
        ray.init()
    except RuntimeError as error:
        print("twice" in str(error))


if __name__ == "__main__":
    main()
"""

CRASHED = """
import sys
import threading


def say_of_itself():
    line = "\\x1b[33m(raylet)\\x1b[0m A worker died\\n"
    thread = threading.Thread(target=sys.stdout.write, args=[line])
    thread.start()
    thread.join()


print("before")
say_of_itself()
print("amid", end=" ")
{0}print("a line")
say_of_itself()
print("the end", end="")
"""

MANY = """
import os

os.environ["RAY_DEDUP_LOGS"] = "0"

import ray


@ray.remote
class Loud:
    def speak(self):
        print("the same")


ray.get([Loud.remote().speak.remote() for _ in range(3)])
"""

LOUD = """
import ray


@ray.remote
class Loud:
    def speak(self):
        print("one")
        print("two")


ray.get(Loud.remote().speak.remote())
print("done")
"""

TESTS = """
import pytest
import ray
import snippets.twice


@pytest.mark.parametrize("name", ["joining", "own", "environment", "twice"])
def test_script(run_snippet, name):
    run_snippet(f"snippets.{name}")


def test_function_that_starts_ray(ray_job, capsys):
    for _ in range(2):
        snippets.twice.main()
        ray.shutdown()


def test_loud(run_snippet):
    assert len(run_snippet("snippets.loud").splitlines()) == 3


def test_many(run_snippet):
    for _ in range(2):
        assert run_snippet("snippets.many").count("the same") == 3
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_programs_that_start_ray_run_unchanged(ray_project: RayProject) -> None:
    """In the run's cluster or in one of their own, and the lines of their workers are hits."""
    for name, text in {
        "joining": JOINING,
        "own": OWN,
        "environment": ENVIRONMENT,
        "twice": TWICE,
        "loud": LOUD,
        "many": MANY,
    }.items():
        ray_project.write(f"snippets/{name}.py", text)
    ray_project.write("tests/test_scripts.py", TESTS)
    ray_project.run().assert_outcomes(passed=7)
    assert ray_project.left_behind(set()) == []
    printed = {}
    for test in ("joining", "own", "environment", "twice"):
        run = ray_project.evidence[f"test_script[{test}]"]
        source = read_source(ray_project.root, f"snippets/{test}.py")
        assert source.executable - run.ran(source.path) == set()
        printed[test] = run.outputs[f"snippets.{test}"].runs[-1]
    assert printed["own"] == "3.0 1.0 done\n"
    assert printed["environment"] == "hello world greetings\n"
    assert printed["twice"] == "True\n"
    joining = printed["joining"].splitlines()
    assert "1" in joining
    assert any(line.endswith(") counting") for line in joining)


TOLD = """
import os
import ray


@ray.remote
def told():
    return os.environ["GREETING"]


print(os.environ["GREETING"], ray.get(told.remote()))
"""

READERS = """
def test_told(run_snippet):
    environment = {"GREETING": "hello"}
    assert run_snippet("snippets.told", environment=environment) == "hello hello\\n"


def test_cpus(run_snippet):
    assert run_snippet("snippets.cpus") == "99.0 CPUs\\n"


def test_loud(run_snippet):
    assert len(run_snippet("snippets.loud").splitlines()) == 3
"""


@pytest.mark.timeout(240)  # it starts several Rays, perhaps beside busy neighbours
def test_a_program_is_compared_with_what_a_reader_gets(ray_project: RayProject) -> None:
    """A number of the tests' cluster is found out; the workers print and know the same."""
    pyproject = ray_project.root / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}\n[tool.livesnippets]\nnum_cpus = 99\n")
    ray_project.write(
        "snippets/cpus.py",
        """
        import ray

        ray.init()
        print(ray.cluster_resources()["CPU"], "CPUs")
        """,
    )
    ray_project.write("snippets/loud.py", LOUD)
    ray_project.write("snippets/told.py", TOLD)
    ray_project.write("tests/test_readers.py", READERS)
    result = ray_project.run("--apart", timeout=220)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*python -m snippets.cpus prints something else than here:",
            "*-99.0 CPUs",
            f"*+{os.cpu_count()}.0 CPUs",
        ]
    )
    assert ray_project.left_behind(set()) == []
    apart, *here = ray_project.evidence["test_loud"].outputs["snippets.loud"].runs
    assert len(here) == 2
    for line in ("done", ") one", ") two"):
        assert line in apart


def test_what_ray_says_of_itself_is_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said on another thread amid a line of the program, it is left out, and the line is whole."""
    write(tmp_path / "crashed.py", CRASHED.format(""))
    write(tmp_path / "crashed_amid.py", CRASHED.format("say_of_itself()\n"))
    monkeypatch.syspath_prepend(tmp_path)
    printed = "before\namid a line\nthe end"
    assert run_here("crashed", None, {}) == printed
    assert run_here("crashed_amid", None, {}) == printed
    assert run_apart("crashed", tmp_path, os.environ) == printed


LATE = """
from pathlib import Path

begun = Path("begun")
begun.write_text((begun.read_text() if begun.exists() else "") + "x")
if len(begun.read_text()) < {start}:
    raise Exception("{why}. This could happen because of others.")
print("started")
"""


def test_a_ray_that_others_kept_from_starting_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice, and after no other error: what such a run printed says nothing of the program."""
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path / "late.py", LATE.format(start=3, why=NOT_STARTED))
    assert run_apart("late", tmp_path, os.environ) == "started\n"
    assert (tmp_path / "begun").read_text() == "xxx"
    for start, why, begun in (9, NOT_STARTED, "xxx"), (3, "another", "x"):
        (tmp_path / "begun").unlink()
        write(tmp_path / "late.py", LATE.format(start=start, why=why))
        with pytest.raises(pytest.fail.Exception, match="python -m late ended with 1"):
            run_apart("late", tmp_path, os.environ)
        assert (tmp_path / "begun").read_text() == begun
