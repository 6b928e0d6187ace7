from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import Project, RayProject

ENDLESS = """
import asyncio
import time
import ray


@ray.remote
class Endless:
    def run(self):
        while True:
            time.sleep(0.1)

    def answer(self):
        return 42


@ray.remote
class Waiting:
    async def run(self):
        await self.never()

    async def never(self):
        await asyncio.Event().wait()
"""

TESTS = """
import pytest
import ray
from snippets.endless import Endless, Waiting


def test_first(ray_job):
    assert ray.get(Endless.remote().answer.remote()) == 42


@pytest.mark.timeout(5)
def test_hangs(ray_job):
    waiting = Waiting.remote()
    ref = waiting.run.remote()
    ray.get([Endless.remote().run.remote(), ref])


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
            "*ray.get([[]Endless.remote().run.remote(), ref[]])*",
            "*where each Ray worker stood*",
            "FAILED *::test_hangs - Failed: Timeout: still running after 5 s",
        ]
    )
    for stood in ("10 in run", "19 in run", "22 in never"):
        result.stdout.fnmatch_lines([f'*File "*/snippets/endless.py", line {stood}*'])
    failure = ray_project.evidence["test_hangs"].failure
    assert failure is not None
    assert "; the test stood at tests/test_endless.py:14; its workers stood at" in failure.message
    assert {line for path, line in failure.frames if path == "snippets/endless.py"} == {10, 19, 22}
    assert failure.frames[-1] == ("tests/test_endless.py", 14)
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
    failure = project.evidence["test_body"].failure
    assert failure is not None
    assert failure.message == (
        "Failed: Timeout: still running after 0.3 s; the test stood at snippets/waiting.py:4"
    )
    assert failure.frames == [("tests/test_waiting.py", 15), ("snippets/waiting.py", 4)]


def test_a_coroutine_that_hangs_is_told(project: Project) -> None:
    """Where it awaits, not only where the loop was started."""
    project.write(
        "snippets/awaiting.py",
        """
        import asyncio

        async def never():
            await asyncio.Event().wait()

        def main():
            asyncio.run(never())
        """,
    )
    project.write(
        "tests/test_awaiting.py",
        """
        import pytest
        from snippets.awaiting import main

        @pytest.mark.timeout(0.3)
        def test_body(): main()
        """,
    )
    project.run().assert_outcomes(failed=1)
    failure = project.evidence["test_body"].failure
    assert failure is not None
    stood = "snippets/awaiting.py:7, snippets/awaiting.py:4"
    assert failure.message.endswith(f"the test stood at {stood}")
    assert failure.frames[-1] == ("snippets/awaiting.py", 4)


def test_the_start_of_ray_is_not_the_test_s_time(project: Project) -> None:
    """The alarm waits until it is over, and then gives the test all its seconds."""
    project.write(
        "snippets/waiting.py", "import time\n\ndef wait(seconds):\n    time.sleep(seconds)\n"
    )
    project.write(
        "tests/test_waiting.py",
        """
        import pytest
        from snippets.waiting import wait

        pytestmark = pytest.mark.timeout(0.5)

        @pytest.fixture
        def starting(pytestconfig):
            with pytestconfig.pluginmanager.get_plugin("livesnippets-deadline").paused():
                wait(1)

        def test_quick(starting): pass
        def test_hangs(starting): wait(60)
        """,
    )
    project.run().assert_outcomes(passed=1, failed=1)
