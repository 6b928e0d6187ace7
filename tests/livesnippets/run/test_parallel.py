from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from livesnippets.evidence.results import Capture
from tests.support.project import SPARED

if TYPE_CHECKING:
    from tests.support.project import Project, RayProject

CONFTEST = """
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def ray_job():
    '''These snippets need no Ray.'''


@pytest.fixture
def wait_for():
    def wait(path):
        deadline = time.monotonic() + 60
        while not Path(path).exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    return wait
"""

MEETING = """
from pathlib import Path

import pytest
import snippets.counting


@pytest.fixture(autouse=True)
def under_way(request):
    mine = Path(f"under-way-{request.node.name}")
    mine.touch()
    yield
    mine.unlink()


def others_under_way():
    return len(list(Path().glob("under-way-*"))) - 1


@pytest.mark.alone
def test_alone():
    assert others_under_way() == 0
    Path("alone").touch()


def test_measures(measure):
    assert others_under_way() == 0
    assert Path("one").exists() and Path("two").exists()
    measure("answer", "ms", [1])


@pytest.mark.recording("counting", begin="count")
def test_records():
    assert others_under_way() == 0
    snippets.counting.count()


def test_one(wait_for):
    assert not Path("alone").exists()
    Path("one").touch()
    wait_for("two")


def test_two(wait_for):
    Path("two").touch()
    wait_for("one")
"""


@pytest.fixture
def counting(project: Project) -> Project:
    """Return a project with a snippet, whose tests are run by two processes."""
    pyproject = (project.root / "pyproject.toml").read_text()
    project.write("pyproject.toml", pyproject.replace('"-ra"', '"-ra", "-n", "2"'))
    project.write("conftest.py", CONFTEST)
    project.write("snippets/counting.py", "def count():\n    return 1\n\ndef never():\n    pass\n")
    return project


def test_tests_run_beside_each_other_but_not_beside_those_that_measure(counting: Project) -> None:
    """Two that wait for each other end; a measurement, a recording and who asks to run alone."""
    counting.write("tests/test_meeting.py", MEETING)
    result = counting.run()
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["5 of 5 done, 0 running, 0 failed, * s", "evidence: 5 tests -> *"])
    assert set(counting.outcomes.values()) == {"passed"}
    assert "answer" in counting.evidence["test_measures"].measurements
    assert "counting" in counting.evidence["test_records"].recordings


MIXED = """
import subprocess
import sys
import time

import pytest
from snippets.counting import count, never


@pytest.mark.never_reached("snippets/counting.py::never")
def test_count():
    print("counted", count())


@pytest.mark.never_reached("snippets/counting.py::never")
def test_reached():
    never()


@pytest.mark.timeout(0.3)
def test_hangs():
    time.sleep(60)


def test_nested():
    command = [sys.executable, "-m", "pytest", "-n", "0", "tests/test_nested.py"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


@pytest.mark.skip
def test_skipped():
    pass
"""


def test_evidence_is_as_of_one_process(counting: Project) -> None:
    """Lines, outcomes, output and failures; what another run writes meanwhile is kept."""
    counting.write("tests/test_mixed.py", MIXED)
    counting.write("tests/test_nested.py", "import snippets.counting\n\ndef test_inner(): pass\n")
    mixed = "tests/test_mixed.py"
    result = counting.run(mixed)
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    hit = "snippets/counting.py:5: ran, but the test declares it never reached"
    result.stdout.fnmatch_lines_random(
        [
            f"FAILED *::test_reached - Failed: {hit}",
            "FAILED *::test_hangs - Failed: Timeout: still running after 0.3 s",
            "evidence: 6 tests -> *",
        ]
    )
    shared = counting.evidence
    counting.run(mixed, "-n", "0").assert_outcomes(passed=2, failed=2, skipped=1)
    for name, alone in counting.evidence.items():
        for part in ("outcome", "hits", "imported", "unreached", "failure", "files"):
            assert getattr(shared[name], part) == getattr(alone, part), (name, part)


PLAIN = """
import os
from pathlib import Path
from signal import SIGKILL

from snippets.counting import count


def test_one():
    assert count() == 1 and not Path("failing").exists()


def test_two(wait_for):
    assert count() == 1


def test_three():
    if Path("killing").exists():
        os.kill(os.getpid(), SIGKILL)
"""


def test_stale_leaves_out_the_same_tests_in_each_process(counting: Project) -> None:
    """Nothing at all runs when all is current: one process finds that out, and it is no failure."""
    counting.write("tests/test_plain.py", PLAIN)
    tests = "import snippets.counting\n\ndef test_four(): pass\n\ndef test_five(): pass\n"
    counting.write("tests/test_more.py", tests)
    counting.run().assert_outcomes(passed=5)

    counting.write("tests/test_more.py", f"# changed\n{tests}")
    result = counting.run("--stale")
    result.assert_outcomes(passed=2, deselected=3)
    result.stdout.fnmatch_lines(["2 of 2 done, *", "evidence: 3 tests were current, not run"])

    result = counting.run("--stale")
    result.assert_outcomes(deselected=5)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("created: *")


def test_new_files_are_shared_out_although_all_that_is_known_is_current(counting: Project) -> None:
    """As after a run of one test in a fresh clone."""
    one = "import snippets.counting\n\ndef test_one(): pass\n"
    counting.write("tests/snippets/test_one.py", one)
    counting.run().assert_outcomes(passed=1)
    counting.write("tests/snippets/test_more.py", one)
    result = counting.run("--stale")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["created: *"])


def test_a_part_of_the_tests_runs_as_in_one_process(counting: Project) -> None:
    """By ``-x``, ``-k``, ``--lf``; evidence of others is kept, of tests that are gone it goes."""
    tests = counting.write("tests/test_plain.py", PLAIN)
    counting.write("failing", "")
    assert counting.run("-x").ret != 0
    assert counting.outcomes["test_one"] == "failed"
    counting.run("-k", "three").assert_outcomes(passed=1, deselected=2)
    counting.run("--lf").assert_outcomes(failed=1)
    assert counting.outcomes["test_three"] == "passed"

    tests.write_text(tests.read_text().replace("test_one", "test_renamed"))
    counting.run("-k", "two")
    assert counting.outcomes == {"test_two": "passed", "test_three": "passed"}


def test_a_test_that_ends_its_process_proves_nothing(counting: Project) -> None:
    """What it proved once is forgotten; what the same process had done before is kept."""
    counting.write("tests/test_plain.py", PLAIN)
    counting.run().assert_outcomes(passed=3)
    counting.write("killing", "")
    (counting.root / "build").rename(counting.root / "old")
    result = counting.run("-n", "1")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*worker 'gw0' crashed while running '*::test_three'"])
    assert counting.outcomes == {"test_one": "passed", "test_two": "passed"}

    (counting.root / "build").rename(counting.root / "new")
    (counting.root / "old").rename(counting.root / "build")
    counting.run("-k", "three").assert_outcomes(failed=1, deselected=2)
    assert counting.outcomes == {"test_one": "passed", "test_two": "passed"}


def test_the_controller_records_nothing(counting: Project) -> None:
    """Its slot for a monitoring tool is free while tests run; without pytest-xdist all is well."""
    counting.write(
        "conftest.py",
        """
        import sys

        def pytest_runtest_logreport(report):
            if hasattr(report, "node"):
                assert sys.monitoring.get_tool(4) is None
        """,
    )
    counting.write("tests/test_it.py", "import snippets.counting\n\ndef test_it(): pass\n")
    counting.run().assert_outcomes(passed=1)
    assert counting.outcomes == {"test_it": "passed"}
    counting.run("-p", "no:xdist", "-c", os.devnull, "--rootdir=.").assert_outcomes(passed=1)


@pytest.mark.parametrize("process", ["ssh=nowhere", "popen//python=python3", "2*popen//chdir=x"])
def test_processes_elsewhere_are_refused(project: Project, process: str) -> None:
    """Another Python, folder or machine is not what the evidence would say."""
    project.write("snippets/counting.py", "")
    project.write("tests/test_it.py", "import snippets.counting\n\ndef test_it(): pass\n")
    result = project.run("--dist=load", f"--tx={process}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: cannot prove anything in '{process}'; use -n NUMBER, *"])
    project.run("--dist=load", "--tx=2*popen").assert_outcomes(passed=1)


def test_a_project_without_snippets_is_shared_out_as_ever(project: Project) -> None:
    """The plugin is installed for all projects of an environment."""
    project.write("tests/test_it.py", "def test_it(): pass\n")
    result = project.run("-n", "1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([".*100%*"])


def test_a_ray_that_does_not_start_ends_the_run(counting: Project) -> None:
    """It says why, once for all processes."""
    counting.write("conftest.py", "")
    counting.write("ray.py", "raise MemoryError('no room for Ray')\n")
    counting.write("tests/test_it.py", "import snippets.counting\n\ndef test_it(ray_job): pass\n")
    result = counting.run()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["!* Ray did not start (*no room for Ray*); check memory, *"])
    assert counting.outcomes == {}


def test_a_program_runs_as_often_as_it_is_asked_to(counting: Project) -> None:
    """``--repeat`` and ``--apart`` reach the workers."""
    counting.write("snippets/counting.py", "print('one')\n")
    counting.write(
        "tests/test_main.py",
        """
        import snippets.counting

        def test_main(run_snippet):
            run_snippet("snippets.counting")
        """,
    )
    counting.run("--repeat=3", "--apart").assert_outcomes(passed=1)
    outputs = counting.evidence["test_main"].outputs
    assert outputs == {"snippets.counting": Capture(["one\n"] * 4, apart=True)}


HALF_WAY = b"1 of 2 done, 1 running, 1 failed, "


def test_on_a_terminal_one_line_is_drawn_again_and_again(counting: Project) -> None:
    """It says what runs, is no longer than the terminal, and ends before the summary begins."""
    counting.write(
        "tests/test_slow.py",
        """
        import snippets.counting

        def test_that_is_seen(wait_for): wait_for("seen")
        def test_that_fails(): assert False
        """,
    )
    theirs, ours = pty.openpty()
    command = [sys.executable, "-m", "pytest", *SPARED]
    environment = {**os.environ, "COLUMNS": "60", "TERM": "xterm", "CI": ""}
    with subprocess.Popen(
        command, cwd=counting.root, stdout=ours, stderr=ours, env=environment
    ) as run:
        os.close(ours)
        said = b""
        while part := _read(theirs):
            said += part
            if HALF_WAY in said:
                (counting.root / "seen").touch()
    os.close(theirs)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    lines = [line.strip() for line in said.decode().splitlines()]
    drawn = [line for line in lines if " running, " in line]
    assert any(re.search(r": \d+ s in test_that_is", line) for line in drawn)
    assert drawn[-1].startswith("2 of 2 done, 0 running, 1 failed, ")
    assert all(len(line) < 60 for line in drawn)
    after = lines[lines.index(drawn[-1]) + 1 :]
    assert any("FAILURES" in line for line in after)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1024)
    except OSError:  # that is how the terminal of a process ends which has ended
        return b""


ENDLESS = """
import time

import ray


@ray.remote
class Endless:
    def ready(self):
        return ray.get_runtime_context().gcs_address

    def run(self):
        time.sleep(3600)
"""

RAY_TESTS = """
import time
from pathlib import Path

import ray
from snippets.endless import Endless


def test_first(ray_job):
    Path("first").write_text(ray.get(Endless.remote().ready.remote()))


def test_endless(ray_job):
    endless = Endless.remote()
    address = ray.get(endless.ready.remote())
    deadline = time.monotonic() + 60
    while not Path("last").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert Path("first").read_text() == address
    Path("ready").touch()
    ray.get(endless.run.remote())


def test_last():
    Path("last").touch()
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
@pytest.mark.parametrize(
    ("number", "exit_code"),
    [
        (signal.SIGINT, pytest.ExitCode.INTERRUPTED),
        (signal.SIGTERM, pytest.ExitCode.INTERRUPTED),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_run_that_is_ended_leaves_no_ray_behind(
    ray_project: RayProject, number: int, exit_code: int
) -> None:
    """All processes use one Ray, which ends with them; evidence is kept if it can be."""
    ray_project.write("snippets/endless.py", ENDLESS)
    ray_project.write("tests/test_endless.py", RAY_TESTS)
    run = ray_project.start("-n", "2")
    ray_project.wait_for("ready", run)
    processes = ray_project.processes()
    workers = {child.pid for child in psutil.Process(run.pid).children()} - processes
    assert len(workers) == 2
    run.send_signal(number)
    assert run.wait(60) == exit_code
    assert ray_project.left_behind(processes | workers) == []
    evidence = {} if number == signal.SIGKILL else dict.fromkeys(["test_first"], "passed")
    assert {name: ray_project.outcomes[name] for name in evidence} == evidence
    assert "test_endless" not in ray_project.outcomes
