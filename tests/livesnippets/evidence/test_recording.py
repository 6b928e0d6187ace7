from __future__ import annotations

from typing import Any

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
    Span,
    Submission,
    merged,
)


def call(name: str, *spans: tuple[str, int, int], number: int = 1, **more: object) -> Call:
    """Return a call that has ended, unless `more` says otherwise."""
    made = [Span(state, start, stop, 6) for state, start, stop in spans]
    times = {"start": made[0].start, "stop": made[-1].stop}
    identity = {"process": 7, "number": number, "path": "snippets/poller.py", "task": f"t{number}"}
    given: dict[str, Any] = {**identity, "name": name, "spans": made, **times, **more}
    return Call(**given)


def record(*calls: Call, submissions: tuple[Submission, ...] = (), **more: object) -> Recording:
    """Return a recording of one process."""
    given: dict[str, Any] = {
        "calls": list(calls),
        "submissions": list(submissions),
        "begin": min(each.start for each in calls),
        "end": max(span.stop for each in calls for span in each.spans),
        "dropped": {},
        "names": {7: "Poller"},
        **more,
    }
    return Recording(**given)


RUN = call("Poller.run", (RUNNING, 0, 10), (SUSPENDED, 10, 50), (WAITING, 50, 60))


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [(10, 50, True), (20, 30, True), (9, 30, False), (30, 51, False), (55, 58, False)],
)
def test_one_call_is_suspended_during_another(start: int, stop: int, *, expected: bool) -> None:
    """All of the other lies within one suspension."""
    other = call("Poller.other_task", (RUNNING, start, stop))
    assert RUN.suspended_during(other) is expected


def test_a_call_that_has_not_ended_did_not_happen_during_another() -> None:
    """Nobody knows how long it takes."""
    other = call("Poller.other_task", (RUNNING, 20, 30), stop=None)
    assert not RUN.suspended_during(other)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(-1, False), (0, True), (9, True), (10, False), (49, False), (50, True), (60, False)],
)
def test_a_call_holds_its_thread_unless_it_is_suspended(moment: int, *, expected: bool) -> None:
    """Waiting in `ray.get` it holds it, too."""
    assert RUN.on_thread_at(moment) is expected


def test_since_begins_with_a_call() -> None:
    """What was over is gone, what was under way is cut, what starts then stays."""
    recording = record(
        call("setup", (RUNNING, 0, 20), number=1),
        call("main", (RUNNING, 5, 12), (WAITING, 12, 40), number=2),
        call("Poller.run", (RUNNING, 20, 40), number=3, stop=None),
        call("Poller.run", (RUNNING, 30, 40), number=4),
        submissions=(
            Submission("Poller.run", "t3", 10),
            Submission("Poller.other_task", "t9", 15),
            Submission("Poller.run", "t4", 25),
        ),
    )
    part = recording.since("Poller.run")
    assert [(each.name, each.number, each.start) for each in part.calls] == [
        ("main", 2, 20),
        ("Poller.run", 3, 20),
        ("Poller.run", 4, 30),
    ]
    assert [(span.start, span.stop) for span in part.calls[0].spans] == [(20, 40)]
    assert (part.begin, part.end) == (20, 40)
    assert part.never_started() == [Submission("Poller.other_task", "t9", 20)]
    assert part.submissions[1:] == [Submission("Poller.run", "t4", 25)]
    assert recording.calls[1].start == 5  # the whole is as it was


def test_since_keeps_the_call_that_it_names_however_short() -> None:
    """A call can begin and end at one reading of the clock."""
    recording = record(
        call("main", (RUNNING, 0, 40)),
        Call(process=7, number=2, name="blink", path="", task="", start=20, stop=20),
    )
    assert [each.name for each in recording.since("blink").calls] == ["main", "blink"]


def test_since_leaves_out_what_was_before_a_moment() -> None:
    """Of two runs the second remains, and counts its processes anew."""
    recording = record(
        call("main", (RUNNING, 0, 40), number=1),
        call("Poller.run", (RUNNING, 10, 18), number=1, process=8, stop=None),
        call("main", (RUNNING, 50, 90), number=2),
        call("Poller.run", (RUNNING, 60, 90), number=1, process=9, stop=None),
        submissions=(
            Submission("Poller.other_task", "t8", 12),
            Submission("Poller.other_task", "t9", 55),
        ),
        names={7: "driver", 8: "Poller", 9: "Poller"},
    )
    assert recording.labels == {7: "driver", 8: "Poller", 9: "Poller 2"}
    part = recording.since("Poller.run", after=45)
    assert [(each.name, each.process) for each in part.calls] == [("main", 7), ("Poller.run", 9)]
    assert part.labels == {7: "driver", 9: "Poller"}
    assert part.never_started() == [Submission("Poller.other_task", "t9", 60)]


def test_since_an_unknown_call_says_which_there_are() -> None:
    """The name is mostly misspelt."""
    with pytest.raises(
        RecordingError, match=r"no call of 'run' was recorded; there is 'Poller.run'"
    ):
        record(RUN).since("run")


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_never_started_is_what_was_submitted_less_what_started(
    submitted: set[int], started: set[int]
) -> None:
    """Exactly that."""
    recording = record(
        RUN,
        *(call("Poller.f", (RUNNING, 0, 1), number=n, task=f"task {n}") for n in started),
        submissions=tuple(Submission("Poller.f", f"task {n}", n) for n in submitted),
    )
    left = {int(each.task.removeprefix("task ")) for each in recording.never_started()}
    assert left == submitted - started


@pytest.mark.parametrize(
    ("times", "most"),
    [([(0, 10), (10, 20)], 1), ([(0, 10), (9, 20)], 2), ([(0, 30), (5, 8), (6, 9), (9, 9)], 3)],
)
def test_most_at_once_counts_calls_under_way(times: list[tuple[int, int]], most: int) -> None:
    """One that ends as another begins does not overlap it."""
    calls = [call("f", (RUNNING, *each), number=n) for n, each in enumerate(times)]
    assert record(*calls).most_at_once("f") == most


def test_most_at_once_counts_calls_that_never_end() -> None:
    """They are under way to the end."""
    calls = [call("f", (RUNNING, n, 9), number=n, stop=None) for n in range(3)]
    assert record(*calls).most_at_once("f") == 3
    assert record(*calls).most_at_once("g") == 0


def test_neighbours_of_one_state_are_merged() -> None:
    """Lines are not told apart; a gap or another state is."""
    spans = [
        Span(RUNNING, 0, 5, 1),
        Span(RUNNING, 5, 9, 2),
        Span(WAITING, 9, 12, 2),
        Span(RUNNING, 12, 14, 3),
        Span(RUNNING, 15, 16, 3),
    ]
    assert [(span.state, span.start, span.stop) for span in merged(spans)] == [
        (RUNNING, 0, 9),
        (WAITING, 9, 12),
        (RUNNING, 12, 14),
        (RUNNING, 15, 16),
    ]
