from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesnippets.evidence.recording import (
    RUNNING,
    SUSPENDED,
    WAITING,
    Call,
    Recording,
    RecordingError,
)
from livesnippets.run import events
from livesnippets.watch.ray_names import NO_ACTOR
from livesnippets.watch.trace import Trace

START = "100\tstart\t1\t1\tsnippets/poller.py\t5\tPoller.run\t{task}"
ACTOR = "aa" * 16


def write(folder: Path, stem: str, *lines: str, dropped: int = 0) -> Path:
    """Write what one process left."""
    file = folder / f"{stem}.events"
    file.write_text("".join(f"{line}\n" for line in lines))
    if dropped:
        file.with_suffix(".dropped").write_bytes(dropped.to_bytes(8, "little"))
    return file


def spans(call: Call) -> list[tuple[str, int, int, int]]:
    """Return the spans of a call as tuples."""
    return [(span.state, span.start, span.stop, span.line) for span in call.spans]


def test_events_become_spans(tmp_path: Path) -> None:
    """A call runs from line to line, is suspended, goes on, and returns."""
    write(
        tmp_path,
        "7",
        START.format(task="t1"),
        "110\tline\t1\t1\t6",
        "120\tsuspend\t1\t1",
        "150\tresume\t1\t1",
        "155\tline\t1\t1\t7",
        "160\treturn\t1\t1",
    )
    recording = events.read(Trace(tmp_path))
    (run,) = recording.calls
    assert spans(run) == [
        (RUNNING, 100, 110, 5),
        (RUNNING, 110, 120, 6),
        (SUSPENDED, 120, 150, 6),
        (RUNNING, 150, 155, 6),
        (RUNNING, 155, 160, 7),
    ]
    assert (run.process, run.name, run.task, run.stop) == (7, "Poller.run", "t1", 160)
    assert (recording.begin, recording.end, recording.names) == (100, 160, {7: "Poller"})


def test_who_called_the_one_that_waits_waits_too(tmp_path: Path) -> None:
    """Both are on the thread, and neither gets on; another thread does."""
    write(
        tmp_path,
        "driver",
        "100\tstart\t1\t1\tsnippets/a.py\t1\tmain\t",
        "110\tstart\t1\t2\tsnippets/a.py\t5\thelper\t",
        "115\tstart\t2\t3\tsnippets/a.py\t9\tother\t",
        "120\twait\t1\t2",
        "150\twaited\t1\t2",
        "160\tunwind\t1\t2",
        "170\treturn\t1\t1",
        "180\treturn\t2\t3",
    )
    recording = events.read(Trace(tmp_path))
    main, helper, other = recording.calls
    assert [(span.state, span.start) for span in main.spans] == [
        (RUNNING, 100),
        (WAITING, 120),
        (RUNNING, 150),
    ]
    assert [span.state for span in helper.spans] == [RUNNING, WAITING, RUNNING]
    assert [span.state for span in other.spans] == [RUNNING]
    assert (main.parent, helper.parent, other.parent) == (None, 1, None)
    assert recording.names == {0: "driver"}


def test_a_process_is_named_for_the_class_that_ran_first(tmp_path: Path) -> None:
    """Importing a module names none, nor does the body of another class in it."""
    imported = "90\tstart\t1\t1\tsnippets/poller.py\t1\t<module>\t"
    body = "91\tstart\t1\t2\tsnippets/poller.py\t2\tStore\t"
    run = "100\tstart\t1\t3\tsnippets/poller.py\t5\tPoller.run\t"
    write(tmp_path, "9", imported, body, "92\treturn\t1\t2", "93\treturn\t1\t1", run)
    write(tmp_path, "10", "95\tstart\t1\t1\tsnippets/poller.py\t5\tPoller.run\t")
    write(tmp_path, "11", "96\tstart\t1\t1\tsnippets/poller.py\t1\t<module>\t")
    recording = events.read(Trace(tmp_path))
    assert recording.names == {9: "Poller", 10: "Poller", 11: "worker"}
    assert recording.labels == {9: "Poller", 10: "Poller 2", 11: "worker"}


def test_what_a_killed_worker_left_unfinished_is_no_event(tmp_path: Path) -> None:
    """Its last line is torn; what came before counts."""
    file = write(tmp_path, "7", START.format(task=""))
    for torn in ("200\tli", "200\tline\t1\t1\t1", "2", "200\tstart\t1\t2\tsnippets/pol"):
        file.write_text(f"{START.format(task='')}\n{torn}")
        recording = events.read(Trace(tmp_path))
        assert (recording.end, len(recording.calls)) == (100, 1)


def test_a_killed_actor_does_nothing_more(tmp_path: Path) -> None:
    """Its call ends when `ray.kill` had returned, or with its own last event after that."""
    write(tmp_path, "7", START.format(task=f"{'00' * 8}{ACTOR}"), "120\twait\t1\t1")
    write(
        tmp_path,
        "driver",
        "90\tstart\t1\t1\tsnippets/a.py\t1\tmain\t",
        f"150\tkill\t1\t1\t{ACTOR}",
        f"160\tkill\t1\t1\t{'bb' * 16}",
        "900\treturn\t1\t1",
    )
    main, run = events.read(Trace(tmp_path)).calls
    assert (run.spans[-1].state, run.spans[-1].stop, run.stop) == (WAITING, 150, None)
    assert main.stop == 900


STORE, TASK = "bb" * 16, f"{NO_ACTOR}00000001"


def never_started(folder: Path, *asked: str) -> list[str]:
    """Let a driver ask for tasks; return those of which it is said that they never started."""
    main = "90\tstart\t1\t1\tsnippets/a.py\t1\tmain\t"
    submits = [f"{95 + n}\tsubmit\t1\t1\tA.f\t{task}" for n, task in enumerate(asked)]
    write(folder, "driver", main, *submits, "900\treturn\t1\t1")
    return [each.task for each in events.read(Trace(folder)).never_started()]


def test_what_began_or_may_have_begun_unseen_is_not_said_never_to_have_started(
    tmp_path: Path,
) -> None:
    """Code of a library leaves no call; of an actor that left no trace nothing is known."""
    run, creation = START.format(task=f"run{ACTOR}"), f"98\tbegin\t1\t0\tinit{ACTOR}"
    write(tmp_path, "7", creation, f"99\tbegin\t1\t0\trun{ACTOR}", run)
    write(tmp_path, "8", f"98\tbegin\t1\t0\tinit{STORE}", f"120\tbegin\t1\t0\tput{STORE}")
    asked = [f"run{ACTOR}", f"put{STORE}", f"other{ACTOR}", f"get{STORE}", f"f{'cc' * 16}", TASK]
    assert never_started(tmp_path, *asked) == [f"other{ACTOR}", f"get{STORE}", TASK]


def test_nothing_is_claimed_of_dropped_events(tmp_path: Path) -> None:
    """The call ends with its last event; who may have started unseen is not 'never started'."""
    run = START.format(task=f"run{ACTOR}")
    write(tmp_path, "7", f"99\tbegin\t1\t0\trun{ACTOR}", run, "110\tline\t1\t1\t6", dropped=3)
    write(tmp_path, "8", f"98\tbegin\t1\t0\tinit{STORE}")
    other = START.format(task=f"other{TASK}")
    asked = [f"run{ACTOR}", f"other{ACTOR}", f"fetch{STORE}", TASK]
    assert never_started(tmp_path, *asked) == [f"fetch{STORE}", TASK]
    recording = events.read(Trace(tmp_path))
    (call,) = recording.of("Poller.run")
    assert call.spans[-1].stop == 110
    assert recording.dropped == {7: 3}
    write(tmp_path, "9", other, dropped=1)
    assert never_started(tmp_path, *asked) == [f"fetch{STORE}"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("garbage", "not enough values"),
        ("", "not enough values"),
        ("\x00\x00\x00", "not enough values"),
        ("now\tline\t1\t1\t6", "invalid literal"),
        ("200\tline\t1", "not enough values"),
        ("200\tline\t1\t1", "not enough values"),
        ("200\tline\t1\t1\t6\t7", "too many values"),
        ("200\tline\t1\t1\tsix", "invalid literal"),
        ("200\tnap\t1\t1", "nap"),
        ("200\tbegin\t1\t0", "not enough values"),
        ("99\tline\t1\t1\t6", "its clock goes back from 100"),
        ("200\tline\t1\t2\t6", "call 2 is not under way"),
        ("200\tresume\t1\t9", "call 9 is not under way"),
        ("200\tstart\t1\t1\tsnippets/poller.py\t5\tPoller.run\t", "call 1 has begun before"),
        ("200\tstart\t1\t2\tsnippets/poller.py", "not enough values"),
    ],
)
def test_a_contradiction_is_an_error_with_its_place(tmp_path: Path, line: str, why: str) -> None:
    """The message has the file, the line, what is wrong and what to do."""
    write(tmp_path, "7", START.format(task=""), line)
    with pytest.raises(RecordingError) as caught:
        events.read(Trace(tmp_path))
    message = str(caught.value)
    assert message.startswith(f"7.events:2: {line[:60]!r} is no event that can follow")
    assert why in message
    assert message.endswith("; run the test again")


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    """Not one of decoding."""
    write(tmp_path, "7").write_bytes(b"\xff\xfe\t\n")
    with pytest.raises(RecordingError, match=r"7\.events:1: "):
        events.read(Trace(tmp_path))


@pytest.mark.parametrize("lines", [[], ["100\tline\t1\t0\t6"], ["100\tsubmit\t1\t0\tA.f\tt1"]])
def test_a_recording_without_a_call_is_an_error(tmp_path: Path, lines: list[str]) -> None:
    """It says what may be the reason; no file at all is no different."""
    with pytest.raises(RecordingError, match="recorded no call; does the test run code"):
        events.read(Trace(tmp_path))
    write(tmp_path, "driver", *lines)
    with pytest.raises(RecordingError, match="recorded no call; does the test run code"):
        events.read(Trace(tmp_path))


@dataclass
class Thread:
    """What a made-up thread is doing."""

    stack: list[int] = field(default_factory=list)
    waits: bool = False


class Process:
    """Makes up the events of a process, and keeps the state of each call after each event."""

    def __init__(self, threads: int) -> None:
        self.threads = [Thread() for _ in range(threads)]
        self.numbers = itertools.count(1)
        self.now = 100
        self.lines: list[str] = []
        self.states: dict[int, str] = {}
        self.history: list[tuple[int, dict[int, str]]] = []
        """The states from a moment on."""

    def choices(self) -> list[tuple[str, int, int]]:
        """Return the events that can come next: kind, thread and call."""
        found = []
        suspended = [call for call, state in self.states.items() if state == SUSPENDED]
        for number, thread in enumerate(self.threads):
            if thread.waits:
                found.append(("waited", number, thread.stack[-1]))
                continue
            found.append(("start", number, 0))
            found += [("resume", number, call) for call in suspended]
            if thread.stack:
                kinds = ("line", "suspend", "return", "unwind", "wait")
                found += [(kind, number, thread.stack[-1]) for kind in kinds]
        return found

    def do(self, kind: str, number: int, call: int, step: int) -> None:
        """Let one event happen, `step` after the last one."""
        self.now += step
        thread = self.threads[number]
        call = call or next(self.numbers)
        more = {"line": "\t6", "start": "\tsnippets/a.py\t5\tf\t"}
        self.lines.append(f"{self.now}\t{kind}\t{number}\t{call}{more.get(kind, '')}")
        if kind in ("start", "resume"):
            thread.stack.append(call)
            self.states[call] = RUNNING
        elif kind == "suspend":
            self.states[thread.stack.pop()] = SUSPENDED
        elif kind in ("return", "unwind"):
            del self.states[thread.stack.pop()]
        elif kind != "line":
            thread.waits = kind == "wait"
            self.states.update(dict.fromkeys(thread.stack, WAITING if thread.waits else RUNNING))
        self.history.append((self.now, dict(self.states)))


@st.composite
def processes(draw: st.DrawFn) -> Process:
    """Return a process in which calls interleave in any way that they can."""
    process = Process(draw(st.integers(1, 3)))
    process.do("start", 0, 0, 0)
    for _ in range(draw(st.integers(0, 40))):
        process.do(*draw(st.sampled_from(process.choices())), draw(st.integers(0, 3)))
    return process


def read(process: Process) -> Recording:
    """Return what is read of the events."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "7", *process.lines)
        return events.read(Trace(Path(folder)))


@given(processes())
def test_the_spans_of_a_call_are_its_whole_time(process: Process) -> None:
    """They are sorted, do not overlap, and leave no gap from start to stop."""
    recording = read(process)
    for call in recording.calls:
        stop = recording.end if call.stop is None else call.stop
        assert sum(span.stop - span.start for span in call.spans) == stop - call.start
        assert all(span.start < span.stop for span in call.spans)
        moments = [moment for span in call.spans for moment in (span.start, span.stop)]
        assert moments == sorted(moments)
        assert not moments or (moments[0], moments[-1]) == (call.start, stop)


@given(processes())
def test_at_each_moment_each_call_is_in_its_state(process: Process) -> None:
    """Between two events, the spans say what the calls were made to do."""
    recording = read(process)
    following = [moment for moment, _ in process.history[1:]] + [recording.end]
    for (moment, states), after in zip(process.history, following, strict=True):
        if moment < after:
            seen = {
                call.number: span.state
                for call in recording.calls
                for span in call.spans
                if span.start <= moment < span.stop
            }
            assert seen == states


@given(processes())
def test_a_recording_survives_being_written_and_read(process: Process) -> None:
    """What is drawn is what was asserted."""
    recording = read(process)
    assert msgspec.json.decode(msgspec.json.encode(recording), type=Recording) == recording
