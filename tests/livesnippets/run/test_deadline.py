from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import Project, RayProject

ENDLESS = """
import time
import ray


@ray.remote
class Endless:
    def run(self):
        while True:
            time.sleep(0.1)

    def answer(self):
        return 42
"""

TESTS = """
import pytest
import ray
from snippets.endless import Endless


def test_first(ray_job):
    assert ray.get(Endless.remote().answer.remote()) == 42


@pytest.mark.timeout(3)
def test_hangs(ray_job):
    ray.get(Endless.remote().run.remote())


def test_last(ray_job):
    assert ray.get(Endless.remote().answer.remote()) == 42
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_a_test_that_hangs_in_ray_is_ended(ray_project: RayProject) -> None:
    """It is named, each worker's place is shown, and the next test runs."""
    ray_project.write("snippets/endless.py", ENDLESS)
    ray_project.write("tests/test_endless.py", TESTS)
    result = ray_project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ray.get(Endless.remote().run.remote())*",
            "*where each Ray worker stood*",
            "worker *:",
            '*File "*/snippets/endless.py", line 9 in run*',
            "FAILED *::test_hangs - Failed: Timeout: still running after 3 s",
        ]
    )
    assert ray_project.left_behind(set()) == []
    assert ray_project.outcomes == {
        "test_first": "passed",
        "test_hangs": "failed",
        "test_last": "passed",
    }


def test_a_test_that_hangs_without_ray_is_ended(project: Project) -> None:
    """In its body, its set-up or its clean-up; a plain Ctrl-C still ends the run."""
    project.write("snippets/waiting.py", "import time\n\ndef wait():\n    time.sleep(60)\n")
    project.write(
        "tests/test_waiting.py",
        """
        import pytest
        from snippets.waiting import wait

        pytestmark = pytest.mark.timeout(0.3)

        @pytest.fixture
        def before():
            wait()

        @pytest.fixture
        def after():
            yield
            wait()

        def test_body(): wait()
        def test_set_up(before): pass
        def test_clean_up(after): pass
        def test_quick(): pass
        def test_interrupted(): raise KeyboardInterrupt
        def test_last(): pass
        """,
    )
    result = project.run("--timeout=1")
    result.assert_outcomes(passed=2, failed=1, errors=2)
    assert result.ret == 2
    for name in ("FAILED *::test_body", "ERROR *::test_set_up", "ERROR *::test_clean_up"):
        result.stdout.fnmatch_lines([f"{name} - Failed: Timeout: still running after 0.3 s"])
    assert project.outcomes == {
        "test_body": "failed",
        "test_set_up": "failed",
        "test_clean_up": "failed",
        "test_quick": "passed",
    }
