from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesnippets.watch.trace import DRIVER, Event, Trace, count_one, event, hit

PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1)
FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\t"))


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """Return a trace that nobody has written into."""
    return Trace(tmp_path)


def write(descriptor: int, *records: bytes) -> None:
    """Write records as a recorder does, one by one."""
    for record in records:
        os.write(descriptor, record)
    os.close(descriptor)


@given(st.lists(st.tuples(st.sampled_from([DRIVER, "7", "8"]), PATHS, st.integers(1))))
def test_hits_are_read_as_they_were_written(hits: list[tuple[str, str, int]]) -> None:
    """Those of all processes together, whatever the name of a file holds but a line's end."""
    with TemporaryDirectory() as folder:
        trace = Trace(Path(folder))
        for process, path, line in hits:
            write(trace.open_hits(process), hit(path, line))
        expected = {(path, line) for _, path, line in hits}
        assert {(path, n) for path, lines in trace.hits().items() for n in lines} == expected


@given(st.integers(0), st.integers(0), st.integers(0), st.lists(FIELDS))
def test_events_are_read_as_they_were_written(
    time: int, thread: int, call: int, more: list[str]
) -> None:
    """Whatever a kind of event adds to the four fields of all."""
    with TemporaryDirectory() as folder:
        trace = Trace(Path(folder))
        write(trace.open_events("7"), event(time, "start", thread, call, *more))
        ((place, record),) = trace.events("7")
        assert place == "7.events:1"
        assert Event.of(record) == (time, "start", thread, call, more)


def test_a_torn_record_does_not_count(trace: Trace) -> None:
    """A process that dies in the middle of a record has not proven that line."""
    write(trace.open_hits("1"), b"a.py\t1\na.py\t2\na.py\t3")
    write(trace.open_hits("2"), b"a.py\t12\nb.py\t1")
    write(trace.open_hits("3"))
    write(trace.open_events("4"), event(5, "line", 1, 1, 6), b"6\tli")
    trace.stack("4").write_text("no hit\n")
    assert trace.hits() == {"a.py": {1, 2, 12}}
    assert [record for _, record in trace.events("4")] == ["5\tline\t1\t1\t6"]


def test_a_file_whose_name_is_no_text_is_another_file(trace: Trace) -> None:
    """There is no such one, so nothing counts as proven; but the run does not break."""
    write(trace.open_hits("1"), hit("\udcff.py", 1))
    assert trace.hits() == {"\ufffd.py": {1}}


def test_dropped_events_are_counted_for_each_process(trace: Trace) -> None:
    """One that has never said how many has dropped none."""
    dropped = trace.open_dropped("7")
    assert trace.dropped("7") == 0
    for _ in range(300):
        count_one(dropped)
    assert (trace.dropped("7"), trace.dropped("8")) == (300, 0)


def test_workers_are_all_processes_but_the_driver(trace: Trace) -> None:
    """Recorded are those that have opened their events."""
    for process in (DRIVER, "12", "7"):
        write(trace.open_hits(process))
    write(trace.open_events("12"))
    assert sorted(trace.workers()) == [7, 12]
    assert trace.recorded() == ["12"]
