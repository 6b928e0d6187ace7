from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from livesnippets.run import events
from livesnippets.watch.calls import MOST_EVENTS
from livesnippets.watch.trace import Trace
from tests.support import files

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.recording import Call, Recording

DRIVER = """
import sys
from pathlib import Path
from livesnippets.watch.calls import CallRecorder
from livesnippets.watch.trace import DRIVER, Trace

root, folder = map(Path, sys.argv[1:])
tracer = CallRecorder(root, "snippets", Trace(folder), DRIVER)
tracer.start()
"""


class Traced:
    """Runs code under a tracer, in a process of its own: this one may be traced already."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "repository"
        self.folder = folder / "events"
        self.folder.mkdir()

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository."""
        files.write(self.root / path, text)

    def run(self, code: str, then: str = "import snippets.subject", *, exit_code: int = 0) -> None:
        """Let a driver trace a module with `code`, and do what `then` says."""
        self.write("snippets/subject.py", code)
        driver = self.root.with_name("driver.py")
        driver.write_text(DRIVER + textwrap.dedent(then))
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", driver, self.root, self.folder],
            env={"PYTHONPATH": f"{self.root}", "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (exit_code, "")

    @property
    def recording(self) -> Recording:
        """What the driver left."""
        return events.read(Trace(self.folder))

    def states(self, name: str) -> list[list[tuple[str, int]]]:
        """Return state and line of the spans of each call of a function."""
        return [shape(call) for call in self.recording.of(name)]


def shape(call: Call) -> list[tuple[str, int]]:
    """Return state and line of the spans of a call."""
    return [(span.state, span.line) for span in call.spans]


@pytest.fixture
def traced(tmp_path: Path) -> Traced:
    """Return a way to trace code."""
    return Traced(tmp_path)


def test_lines_of_a_call_are_spans(traced: Traced) -> None:
    """The call that made it is its parent, and stays on the line of the call."""
    traced.run(
        """
        import time

        def helper():
            time.sleep(0.01)

        def main():
            helper()
            time.sleep(0.01)

        main()
        """
    )
    module, main, helper = traced.recording.calls
    assert [call.name for call in (module, main, helper)] == ["<module>", "main", "helper"]
    assert [call.path for call in (module, main, helper)] == ["snippets/subject.py"] * 3
    assert (module.parent, main.parent, helper.parent) == (None, module.number, main.number)
    assert shape(helper) == [("running", 3), ("running", 4)]
    assert shape(main) == [("running", 6), ("running", 7), ("running", 8)]
    assert helper.spans[-1].stop - helper.spans[-1].start > 9_000_000


def test_two_coroutines_of_one_method_are_two_calls(traced: Traced) -> None:
    """Each is suspended at its await, and goes on in its own time."""
    traced.run(
        """
        import asyncio

        async def wait(turns):
            for _ in range(turns):
                await asyncio.sleep(0.005)
            return turns

        async def main():
            await asyncio.gather(wait(1), wait(3))

        asyncio.run(main())
        """
    )
    short, long = traced.recording.of("wait")
    assert [state for state, _ in shape(short)].count("suspended") == 1
    assert [state for state, _ in shape(long)].count("suspended") == 3
    assert {line for state, line in shape(long) if state == "suspended"} == {5}
    assert short.stop is not None
    assert long.stop is not None
    assert short.stop < long.stop
    assert long.start < short.stop
    assert short.task == long.task == ""
    assert short.parent == long.parent == 1  # asyncio.run() holds the module's thread


def test_what_an_await_raises_resumes_the_call(traced: Traced) -> None:
    """A cancelled coroutine runs its clean-up, and unwinds."""
    traced.run(
        """
        import asyncio, time

        async def loop():
            try:
                await asyncio.sleep(60)
            finally:
                time.sleep(0.001)

        async def main():
            task = asyncio.create_task(loop())
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())
        """
    )
    (call,) = traced.recording.of("loop")
    assert shape(call)[-1] == ("running", 7)
    assert ("suspended", 5) in shape(call)
    assert call.stop is not None


def test_a_generator_is_suspended_between_its_items(traced: Traced) -> None:
    """Who takes them runs meanwhile; one that is closed early ends, too."""
    traced.run(
        """
        import time

        def items():
            try:
                for item in range(2):
                    yield item
            finally:
                pass

        def main():
            for _ in items():
                time.sleep(0.005)
            early = items()
            next(early)
            early.close()

        main()
        """
    )
    full, early = traced.recording.of("items")
    (main,) = traced.recording.of("main")
    suspended = [span for span in full.spans if span.state == "suspended"]
    assert [span.line for span in suspended] == [6, 6]
    assert all(main.on_thread_at(span.start) for span in suspended)
    assert {state for state, _ in shape(main)} == {"running"}
    assert full.stop is not None
    assert early.stop is not None


def test_async_generators_are_traced(traced: Traced) -> None:
    """Their items and their awaits suspend them."""
    traced.run(
        """
        import asyncio

        async def items():
            for item in range(2):
                await asyncio.sleep(0.002)
                yield item

        async def main():
            async for _ in items():
                await asyncio.sleep(0.002)

        asyncio.run(main())
        """
    )
    (items,) = traced.recording.of("items")
    assert {line for state, line in shape(items) if state == "suspended"} == {5, 6}
    assert items.stop is not None


def test_threads_have_calls_of_their_own(traced: Traced) -> None:
    """They overlap, and none is the parent of another; the clock does not go back."""
    traced.run(
        """
        import threading

        all_at_work = threading.Barrier(8)

        def work(turns):
            for _ in range(turns):
                pass
            all_at_work.wait(30)

        threads = [threading.Thread(target=work, args=[300]) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """
    )
    recording = traced.recording
    assert recording.most_at_once("work") == 8
    assert {call.parent for call in recording.of("work")} == {None}
    assert all(call.stop for call in recording.of("work"))


def test_an_error_ends_the_calls_that_it_leaves(traced: Traced) -> None:
    """The one that catches it goes on."""
    traced.run(
        """
        import time

        def fail():
            raise OSError

        def main():
            try:
                fail()
            except OSError:
                time.sleep(0.001)

        main()
        """
    )
    (fail,), (main,) = traced.recording.of("fail"), traced.recording.of("main")
    assert fail.stop is not None
    assert main.stop is not None
    assert fail.stop < main.stop
    assert shape(main)[-1] == ("running", 10)


def test_the_code_of_others_is_not_traced(traced: Traced) -> None:
    """Neither the standard library's, nor the repository's own outside the folder."""
    traced.write("helpers.py", "def call(f):\n    return f()\n")
    traced.write("snippets_not/theirs.py", "x = 1\n")
    traced.run("import helpers, json, snippets_not.theirs\nhelpers.call(lambda: json.dumps([1]))\n")
    assert {call.name for call in traced.recording.calls} == {"<module>", "<lambda>"}
    assert {call.path for call in traced.recording.calls} == {"snippets/subject.py"}


RAY = """
import time

def get(refs, *, timeout=None):
    time.sleep(0.002)
    if timeout:
        raise TimeoutError

def wait(refs, *, timeout=None):
    get(refs)

def kill(actor, *, no_restart=True):
    pass
"""


def test_waits_and_kills_of_ray_are_traced(traced: Traced) -> None:
    """A function of Ray's is known by its name and file; one that raises has waited, too."""
    traced.write("ray/__init__.py", "")
    traced.write("ray/_private/__init__.py", "")
    traced.write("ray/_private/worker.py", RAY)
    traced.run(
        """
        from types import SimpleNamespace
        from ray._private import worker as ray

        def main():
            ray.get([])
            ray.wait([])
            try:
                ray.get([], timeout=2)
            except TimeoutError:
                pass
            ray.kill(SimpleNamespace(_actor_id=b"\\x0a"))

        main()
        """
    )
    (main,) = traced.recording.of("main")
    waits = [line for state, line in shape(main) if state == "waiting"]
    assert sorted(set(waits)) == [5, 6, 8]
    text = (traced.folder / "driver.events").read_text()
    assert text.count("\twait\t") == 4  # one of them inside ray.wait
    assert "\tkill\t" in text
    assert "\t0a\n" in text


def test_no_more_events_than_the_bound_are_kept(traced: Traced) -> None:
    """The rest is counted, and the picture ends where they end."""
    traced.run("def f(n):\n    for _ in range(n):\n        pass\nf(200_000)\n")
    text = (traced.folder / "driver.events").read_text()
    assert text.count("\n") == MOST_EVENTS
    recording = traced.recording
    assert recording.dropped[0] > 200_000
    (call,) = recording.of("f")
    assert (call.stop, call.spans[-1].stop) == (None, recording.end)


def test_a_killed_process_has_lost_nothing(traced: Traced) -> None:
    """Neither its events nor the count of those that did not fit."""
    traced.run(
        """
        import os, signal

        def f(n):
            for _ in range(n):
                pass
            os.kill(os.getpid(), signal.SIGKILL)

        f(20_000)
        """,
        exit_code=-signal.SIGKILL,
    )
    recording = traced.recording
    assert recording.dropped[0] > 0
    lines = (traced.folder / "driver.events").read_text().split("\n")
    assert (len(lines), lines[-1]) == (MOST_EVENTS + 1, "")


def test_a_second_tracer_takes_over_where_the_first_has_stopped(traced: Traced) -> None:
    """The same code is traced again, and the first one writes nothing more."""
    traced.run(
        "def f():\n    return 1\nf()\n",
        """
        from snippets.subject import f
        tracer.stop()
        f()
        size = (folder / "driver.events").stat().st_size
        second = CallRecorder(root, "snippets", Trace(folder), "7")
        second.start()
        f()
        second.stop()
        assert (folder / "driver.events").stat().st_size == size
        assert sys.monitoring.get_tool(3) is None
        """,
    )
    processes = [call.process for call in traced.recording.of("f")]
    assert processes == [0, 7]


def test_stopping_while_other_threads_run_is_safe(traced: Traced) -> None:
    """None of them writes into a file that is opened later."""
    traced.run(
        """
        import threading, time

        stopped, all_at_work = threading.Event(), threading.Barrier(5)

        def work():
            all_at_work.wait(30)
            while not stopped.is_set():
                pass

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        all_at_work.wait(30)
        """,
        """
        from snippets import subject
        tracer.stop()
        files = [(folder / f"{n}.other").open("x") for n in range(8)]
        subject.time.sleep(0.05)
        subject.stopped.set()
        for thread in subject.threads: thread.join()
        assert not any((folder / f"{n}.other").stat().st_size for n in range(8))
        for file in files: file.close()
        """,
    )
    assert traced.recording.most_at_once("work") == 4
