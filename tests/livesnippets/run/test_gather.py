from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence import files
from livesnippets.source.module import digest, read_source
from livesnippets.source.statements import Statement

if TYPE_CHECKING:
    from tests.support.project import Project

ADDING = """
from helpers import one


def count():
    total = 0
    for _ in range(3):
        total += one()
    return total
"""

TESTS = """
from snippets.adding import count


def test_count():
    print("counted", count())


def test_other():
    pass
"""


@pytest.fixture
def adding(project: Project) -> Project:
    """Return a project with a snippet that imports a helper, and with two tests of it."""
    project.write("helpers.py", "def one():\n    return 1\n")
    project.write("snippets/adding.py", ADDING)
    project.write("tests/conftest.py", "")
    project.write("tests/test_adding.py", TESTS)
    return project


def git(project: Project, *arguments: str) -> None:
    """Run git in the project."""
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    command = ["git", *identity, *arguments]
    subprocess.run(command, cwd=project.root, check=True, timeout=30)


def test_a_test_run_leaves_evidence(adding: Project) -> None:
    """Outcome, time, lines and files of each test that has to do with a snippet."""
    adding.write("tests/test_elsewhere.py", "def test_elsewhere():\n    pass\n")
    result = adding.run()
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["evidence: 2 tests -> */build/evidence/*-ray*.json"])
    runs = adding.evidence
    assert set(runs) == {"test_count", "test_other"}
    count, other = runs["test_count"], runs["test_other"]
    assert count.outcome == "passed"
    assert count.hits["snippets/adding.py"] == [5, 6, 7, 8]
    assert count.hits["helpers.py"] == [2]
    assert count.imported["snippets/adding.py"] == [1, 4]
    assert count.imported["helpers.py"] == [1]
    assert 0 <= count.duration < 5
    assert count.when.endswith("+00:00")
    assert count.commit == ""
    files = ["helpers.py", "requirements.txt", "snippets/adding.py", "tests/conftest.py"]
    assert list(count.files) == [*files, "tests/test_adding.py"]
    for path, seen in count.files.items():
        assert seen == digest((adding.root / path).read_bytes())
    assert other.hits == {"tests/test_adding.py": [9]}
    assert other.imported["snippets/adding.py"] == [1, 4]
    assert other.files == count.files


def test_a_partial_run_updates_what_it_ran(adding: Project) -> None:
    """Evidence of the others stays, of tests and files that are gone it goes."""
    adding.write("tests/test_second.py", "from snippets import adding\n\ndef test_second(): pass\n")
    adding.run().assert_outcomes(passed=3)

    tests = adding.root / "tests/test_adding.py"
    tests.write_text(tests.read_text().replace("    pass", "    assert False"))
    adding.run("-k", "count").assert_outcomes(passed=1, deselected=2)
    assert adding.outcomes == dict.fromkeys(("test_count", "test_other", "test_second"), "passed")

    adding.run("tests/test_adding.py::test_other").assert_outcomes(failed=1)
    assert adding.outcomes["test_count"] == "passed"
    assert adding.outcomes["test_other"] == "failed"

    adding.run("--lf").assert_outcomes(failed=1)
    assert adding.outcomes["test_count"] == "passed"

    tests.write_text(tests.read_text().replace("test_other", "test_renamed"))
    (adding.root / "tests/test_second.py").unlink()
    adding.run("tests/test_adding.py", "-k", "count")
    assert adding.outcomes == {"test_count": "passed"}


def test_the_statements_of_snippets_are_kept_with_their_digest(adding: Project) -> None:
    """As long as some test has run that text; no page shows helpers or tests."""
    adding.run()
    first = read_source(adding.root, "snippets/adding.py")
    assert adding.statements == {
        first.digest: [Statement(line, [[line]], []) for line in (1, 4, 5, 6, 7, 8)]
    }
    adding.write("snippets/adding.py", ADDING.replace("one()", "(\n            one()\n        )"))
    adding.run("tests/test_adding.py::test_count")
    second = read_source(adding.root, "snippets/adding.py")
    assert adding.statements[second.digest][-2:] == [
        Statement(7, [[7, 8], [8], [7, 8]], []),
        Statement(10, [[10]], []),
    ]
    assert set(adding.statements) == {first.digest, second.digest}
    adding.run()
    assert set(adding.statements) == {second.digest}


def test_a_run_replaces_untrusted_evidence_of_its_environment_alone(adding: Project) -> None:
    """Nothing of a file that was edited is kept; other environments have files of their own."""
    adding.run("-k", "other")
    [here] = (adding.root / "build/evidence").glob("*-ray*.json")
    elsewhere = here.with_name("linux-x86_64-python3.12.0-ray2.40.0.json")
    elsewhere.write_bytes(here.read_bytes())
    here.write_text(here.read_text().replace("passed", "failed"))
    adding.run("-k", "count")
    assert set(files.read(here).tests) == {"tests/test_adding.py::test_count"}
    assert set(files.read(elsewhere).tests) == {"tests/test_adding.py::test_other"}


def test_the_commit_says_whether_what_ran_was_committed(adding: Project) -> None:
    """A plus stands for a change of a file that the test ran, of no other."""
    adding.write(".gitignore", "build\n__pycache__\n.pytest_cache\n")
    git(adding, "init", "-q")
    git(adding, "add", ".")
    git(adding, "commit", "-qm", "All")
    adding.write("README", "changed\n")
    adding.run("-k", "count")
    clean = adding.evidence["test_count"].commit
    assert len(clean) == 10
    adding.write("helpers.py", "def one():\n    return 1  # changed\n")
    adding.run("-k", "count")
    assert adding.evidence["test_count"].commit == f"{clean}+"
