"""A file that a test reads is evidence as much as a module that it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import Project

CONFTEST = """
import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def shared():
    from snippets.reading import read
    return read("data/shared.json")


@pytest.fixture
def using(shared):
    return shared


def pytest_generate_tests(metafunc):
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", json.loads(Path("data/cases.json").read_text()))
"""

READING = """
import threading
from pathlib import Path


def read(path):
    return Path(path).read_text()


def beside(path):
    thread = threading.Thread(target=Path(path).read_bytes)
    thread.start()
    thread.join()


at_import = read("data/at_import.json")
"""

TESTS = """
import os
import subprocess
from pathlib import Path

from snippets.reading import beside, read


def test_own(): read("data/own.json")
def test_thread(): beside("data/thread.json")
def test_case(case): pass
def test_first(shared): pass
def test_second(using): pass
def test_nothing(): pass


def test_text(): Path("snippets/other.py").read_text()


def test_none_of_these(tmp_path):
    (tmp_path / "elsewhere").write_text(read(__file__))
    for folder in (Path("data"), Path("build"), Path(".tool")):
        folder.mkdir(exist_ok=True)
        (folder / "out").write_text("1")
        (folder / "out").read_text()
    read("requirements.txt")
    assert not Path("data/absent").exists()
    try:
        read("data/absent")
    except FileNotFoundError:
        pass
    subprocess.run(["touch", "data/gone"], check=True)
    read("data/gone")
    Path("data/gone").unlink()
"""

OWN = {
    "test_own": {"data/own.json"},
    "test_thread": {"data/thread.json"},
    "test_first": {"data/shared.json"},
    "test_second": {"data/shared.json"},
    "test_text": {"snippets/other.py"},
}


@pytest.fixture
def reading(project: Project) -> Project:
    """Return a project with a snippet that reads files."""
    for name in ("at_import", "cases", "own", "shared", "thread"):
        project.write(f"data/{name}.json", "[1]\n")
    project.write("snippets/reading.py", READING)
    project.write("snippets/other.py", "other = 1\n")
    project.write("tests/conftest.py", CONFTEST)
    project.write("tests/test_reading.py", TESTS)
    return project


@pytest.mark.parametrize("processes", ["0", "2"])
def test_files_that_are_read_are_evidence(reading: Project, processes: str) -> None:
    """Whoever opens them, for one test or for several; not what a test writes by itself."""
    found = []
    for _ in range(2):
        reading.run("-n", processes).assert_outcomes(passed=8)
        found.append({name: run.files for name, run in reading.evidence.items()})
    modules = ["requirements.txt", "snippets/reading.py"]
    modules += ["tests/conftest.py", "tests/test_reading.py"]
    for name, files in found[0].items():
        own = OWN.get(name, set())
        assert {*files} == {"data/at_import.json", "data/cases.json", *own, *modules}, name
        assert all(digest.startswith("sha256:") for digest in files.values())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("path", "stale"),
    [
        ("data/own.json", {"test_own"}),
        ("data/shared.json", {"test_first", "test_second"}),
        ("data/cases.json", None),
        ("data/at_import.json", None),
    ],
)
def test_a_change_of_what_was_read_makes_stale(
    reading: Project, path: str, stale: set[str] | None
) -> None:
    """The tests that read it, or all whose modules read it while they were imported."""
    reading.run().assert_outcomes(passed=8)
    reading.run("--stale").assert_outcomes(deselected=8)
    reading.write(path, "[2]\n")
    chosen = reading.run("--stale", "--collect-only", "-q").stdout.str().splitlines()
    names = {line.rpartition("::")[2] for line in chosen if "::" in line}
    assert {name.partition("[")[0] for name in names} == stale or (
        stale is None and len(names) == 8
    )


def test_lines_that_set_up_a_shared_fixture_count_for_all_that_use_it(reading: Project) -> None:
    """Whichever of them came first; and once more for a test that runs them itself."""
    reading.run().assert_outcomes(passed=8)
    runs = reading.evidence
    path = "snippets/reading.py"
    for name in ("test_first", "test_second"):
        assert 6 in runs[name].imported[path], name
    assert 6 in runs["test_first"].hits[path]
    assert path not in runs["test_second"].hits
    assert 6 in runs["test_own"].hits[path]
