from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.watch.trace import Trace
from livesnippets.watch.worker import worker_environment
from tests.support import files

if TYPE_CHECKING:
    from pathlib import Path

DRIVER = """
import sys
from pathlib import Path
from livesnippets.watch.lines import LineRecorder
from livesnippets.watch.trace import Trace

root, folder, parts = map(Path, sys.argv[1:])
recorder = LineRecorder(root, [root / "vendored"], Trace(folder), "1", parts)
recorder.start()
import subject
"""

# This process records already, so what is tested here runs in another one.


class Recorded:
    """Runs code under a recorder of its own, in another process."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.parts = self.root
        self.trace = Trace(folder / "trace")
        self.trace.folder.mkdir()
        self.exit_code = 0

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository."""
        files.write(self.root / path, text)

    def run(self, code: str, then: str = "") -> dict[str, set[int]]:
        """Record a module with `code`; `then` goes on in the unrecorded driver. Return the hits."""
        self.write("subject.py", code)
        driver = self.root.with_name("driver.py")
        driver.write_text(DRIVER + then)
        done = subprocess.run(
            [
                sys.executable,
                "-X",
                "faulthandler",
                driver,
                self.root,
                self.trace.folder,
                self.parts,
            ],
            env={"PYTHONPATH": f"{self.root}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.exit_code = done.returncode
        assert done.stderr == ""
        return self.trace.hits()


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """Return a way to record code."""
    return Recorded(tmp_path)


def test_lines_that_run_are_hits(recorded: Recorded) -> None:
    """Others are not, and a loop is no more than its lines."""
    hits = recorded.run(
        """
        def choose(flag):
            if flag:
                return 1
            return 2

        for _ in range(3):
            choose(False)
        """
    )
    assert hits == {"subject.py": {1, 2, 4, 6, 7}}


def test_where_instructions_stand_that_run_is_recorded(recorded: Recorded) -> None:
    """Jumps say nothing: they stand at what they skip."""
    recorded.run("a, b = 1, 0\nc = a or b\nd = [a for _ in (1, 2) if b]\n")
    positions = recorded.trace.positions("subject.py")
    assert (2, 4, 2, 5) in positions
    assert (2, 9, 2, 10) not in positions
    assert (3, 5, 3, 6) not in positions
    assert (3, 26, 3, 27) in positions
    assert recorded.trace.positions("subject") == set()


KINDS = {
    "thread": """
        import threading
        def f():
            return 1
        thread = threading.Thread(target=f)
        thread.start()
        thread.join()
        """,
    "thread that Python did not start": """
        import _thread, time
        def f():
            done.append(1)
        done = []
        _thread.start_new_thread(f, ())
        while not done:
            time.sleep(0.01)
        """,
    "coroutine": """
        import asyncio
        async def f():
            await asyncio.sleep(0)
            return 1
        asyncio.run(f())
        """,
    "generator": """
        def f():
            x = 1
            yield x
        list(f())
        """,
    "comprehension": """
        def f():
            return [
                x for x in (1, 2)]
        f()
        """,
    "method": """
        class A:
            def f(self):
                return 1
        A().f()
        """,
    "lambda": """
        f = (lambda:
            1)
        f()
        """,
    "exception": """
        def f():
            try:
                1 / 0
            except ZeroDivisionError:
                pass
        f()
        """,
}


@pytest.mark.parametrize("parts", [".", "elsewhere"])
@pytest.mark.parametrize("code", KINDS.values(), ids=KINDS)
def test_all_kinds_of_code_are_recorded(recorded: Recorded, code: str, parts: str) -> None:
    """Whoever runs it, on whatever thread, and whether or not parts of lines are."""
    recorded.parts = recorded.root / parts
    lines = len(code.strip().splitlines())
    assert recorded.run(code) == {"subject.py": set(range(1, lines + 1))}


def test_the_code_of_others_is_not_recorded(recorded: Recorded) -> None:
    """Neither the standard library nor a foreign folder, also when it calls back."""
    recorded.write("vendored/them.py", "def call(f):\n    return f()\n")
    recorded.write("helpers/ours.py", "def f():\n    return 1\n")
    hits = recorded.run(
        "import json\nfrom vendored import them\nfrom helpers import ours\nthem.call(ours.f)\n"
    )
    assert hits == {"subject.py": {1, 2, 3, 4}, "helpers/ours.py": {1, 2}}


def test_a_folder_that_only_begins_alike_is_not_foreign(recorded: Recorded) -> None:
    """``vendored_not`` is not ``vendored``."""
    recorded.write("vendored_not/ours.py", "x = 1\n")
    assert "vendored_not/ours.py" in recorded.run("import vendored_not.ours\n")


def test_redirecting_reports_lines_again(recorded: Recorded) -> None:
    """Each test has hits of its own, though the process is the same."""
    second = Trace(recorded.trace.folder / "second")
    second.folder.mkdir()
    code = "def f():\n    return 1\ndef g():\n    return 2\nf()\n"
    then = """
recorder.redirect(Trace(folder / "second"))
subject.f()
recorder.stop()
subject.g()
"""
    recorded.run(code, then)
    before = [f"subject.py\t{line}\n" for line in (1, 3, 5, 2)]
    assert (recorded.trace.folder / "1.hits").read_text() == "".join(before)
    assert (second.folder / "1.hits").read_text() == "subject.py\t2\n"
    assert {place[0] for place in recorded.trace.positions("subject.py")} == {1, 2, 3, 5}
    assert {place[0] for place in second.positions("subject.py")} == {2}


def test_redirecting_and_stopping_disturb_no_other_thread(recorded: Recorded) -> None:
    """A thread that runs meanwhile never finds the file closed."""
    lines = "\n".join(f"    x = {number}" for number in range(200))
    code = f"""
import sys, threading

sys.setswitchinterval(1e-6)
going, errors = True, []

def work():
{lines}

def spin():
    while going:
        try:
            work()
        except OSError as error:
            errors.append(error)

threads = [threading.Thread(target=spin) for _ in range(4)]
for thread in threads: thread.start()
"""
    then = """
import time
traces = [Trace(folder / "a"), Trace(folder / "b")]
for trace in traces:
    trace.folder.mkdir()
for number in range(300):
    recorder.redirect(traces[number % 2])
    time.sleep(0)
recorder.stop()
time.sleep(0.05)
subject.going = False
for thread in subject.threads:
    thread.join()
sys.exit(len(subject.errors))
"""
    recorded.run(code, then)
    assert recorded.exit_code == 0


def test_a_killed_process_loses_nothing(recorded: Recorded) -> None:
    """The line before SIGKILL is on disk, and the one after it is not."""
    hits = recorded.run("import os\ndef die():\n    os.kill(os.getpid(), 9)\n    x = 1\ndie()\n")
    assert recorded.exit_code == -signal.SIGKILL
    assert hits == {"subject.py": {1, 2, 3, 5}}


def test_a_fork_goes_on_recording(recorded: Recorded) -> None:
    """A child that is a copy writes to the same file."""
    hits = recorded.run(
        """
        import os
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        else:
            os._exit(0)
        """
    )
    assert hits["subject.py"] == {1, 2, 3, 4, 6}


def test_a_busy_monitoring_slot_is_an_error(recorded: Recorded) -> None:
    """Two recorders in one process would lose each other's hits."""
    then = """
try:
    LineRecorder(root, [], Trace(folder), "2", root).start()
except ValueError:
    sys.exit(7)
"""
    recorded.run("x = 1\n", then)
    assert recorded.exit_code == 7


def test_odd_file_names_survive(recorded: Recorded) -> None:
    """A path may have spaces, tabs and other scripts."""
    name = "ein ξ\tmodul.py"
    recorded.write(name, "x = 1\n")
    hits = recorded.run(f"exec(compile('x = 1', {str(recorded.root / name)!r}, 'exec'))\n")
    assert hits[name] == {1}


WATCHED = """
import sys
from livesnippets.watch import worker

worker.start_in_worker()
sys.path += sys.argv[1:]
import other, subject
"""


def test_a_worker_is_told_all_by_its_environment(tmp_path: Path) -> None:
    """Ray starts workers; environment variables are what reaches them, with $NAME replaced."""
    root = tmp_path / "it's $HOME: ξ%20"
    trace = Trace(root / "trace")
    trace.folder.mkdir(parents=True)
    (root / "a").mkdir()
    for path in ("subject.py", "a/other.py"):
        (root / path).write_text("x = 1\n")
    environment = worker_environment(root, [root / "a", root / "b"], trace.folder, "", root)
    environment = {name: os.path.expandvars(value) for name, value in environment.items()}
    subprocess.run(
        [
            sys.executable,
            "-c",
            WATCHED,
            root,
            root / "a",
        ],
        env=environment,
        check=True,
        timeout=60,
    )
    assert trace.hits() == {"subject.py": {1}}
    [worker] = trace.workers()
    assert trace.stack(str(worker)).exists()


LATE = """
import gc
import logging
from livesnippets.watch import worker

logging.getLogger().addHandler(logging.StreamHandler())
worker.start_in_worker()
worker.itself, logging.itself = worker, logging
gc.freeze()
"""
"""Something runs when Python has emptied modules that it could not collect: the recorder, too."""


@pytest.mark.parametrize("record", ["", "snippets"])
def test_a_worker_ends_without_a_word(tmp_path: Path, record: str) -> None:
    """What a worker prints may be shown on a page."""
    done = subprocess.run(
        [sys.executable, "-c", LATE],
        env=worker_environment(tmp_path, [], tmp_path, record, tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""


def test_a_worker_loads_the_standard_library_alone() -> None:
    """Every Ray worker imports the recorder, so its start must stay cheap."""
    script = "import json, sys, livesnippets.watch.worker\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=60
    )
    names = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not names & {"coverage", "docutils", "filelock", "jinja2", "pytest", "ray", "sphinx"}
    assert "livesnippets" in names
