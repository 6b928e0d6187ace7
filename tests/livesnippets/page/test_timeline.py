from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.reasons import Missing
from livesnippets.evidence.recording import (
    RUNNING,
    SUSPENDED,
    WAITING,
    Call,
    Recording,
    Span,
    Submission,
)
from livesnippets.page import doing
from livesnippets.page.callout import find
from livesnippets.page.rows import MOST_SPANS, coarse, rows
from livesnippets.page.timeline import MOST_ROWS, Asked, Picture, draw
from livesnippets.run import events
from livesnippets.source.module import Source
from livesnippets.watch.calls import MOST_EVENTS
from livesnippets.watch.trace import Trace

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000


def call(name: str, number: int, *times: int, process: int = 7, parent: int | None = None) -> Call:
    """Return a call that runs and is suspended in turn, at times in milliseconds."""
    spans = [
        Span((RUNNING, SUSPENDED)[n % 2], start * MS, stop * MS, 6)
        for n, (start, stop) in enumerate(pairwise(times))
    ]
    return Call(
        process=process,
        number=number,
        name=name,
        path="snippets/poller.py",
        task=f"t{number}",
        start=times[0] * MS,
        stop=times[-1] * MS,
        parent=parent,
        spans=spans,
    )


def record(*calls: Call, submissions: tuple[Submission, ...] = ()) -> Recording:
    """Return a recording of a driver and a poller."""
    return Recording(
        calls=list(calls),
        submissions=list(submissions),
        begin=min(each.start for each in calls),
        end=max(span.stop for each in calls for span in each.spans),
        dropped={},
        names={0: "driver", 7: "Poller", 8: "Store"},
    )


MODULE = Source(
    "snippets/poller.py",
    "import time, ray\n"
    "time.sleep(1)\n"
    "ray.get(a.f.remote())\n"
    "ray.wait([ref])\n"
    "ray.get(ray.wait([ref])[0])\n"
    "x = 1\n"
    "library(ray.get)\n"
    "time.sleep(library())\n"
    "ray.get(library())\n",
)


def doings(_: str, span: Span) -> doing.Doing:
    """Say what a call of the module was doing."""
    return doing.doing(span, MODULE)


def page(recording: Recording, title: str = "A poller", callout: str = "") -> LexborHTMLParser:
    """Return the parsed drawing."""
    found = find(recording, callout) if callout else None
    return LexborHTMLParser(draw([Asked("a poller, once", title, recording, found)], doings).html)


def bars(drawing: LexborHTMLParser, state: str) -> list[tuple[float, float]]:
    """Return where the bars of a state lie, in percent."""
    found = drawing.css(f".timeline-drawing .tl-{state} rect")
    return [
        tuple(float((bar.attributes[name] or "").rstrip("%")) for name in ("x", "width"))  # type: ignore[misc]
        for bar in found
    ]


def said(drawing: LexborHTMLParser) -> list[list[str]]:
    """Return the cells of the table."""
    return [[cell.text() for cell in row.css("td")] for row in drawing.css("tbody tr")]


def test_calls_are_rows_by_process_the_drivers_first() -> None:
    """Calls that were made by calls have no row; of overlapping ones each has one."""
    found = rows(
        record(
            call("Store.fetch", 1, 1, 4, process=8),
            call("main", 1, 2, 20, process=0),
            call("wait", 2, 3, 5, process=0, parent=1),
            call("Poller.run", 1, 3, 4, 9),
            call("Poller.other_task", 2, 5, 6),
            call("Poller.other_task", 3, 6, 7),
            call("Poller.other_task", 4, 6, 8),
        ),
        doings,
    )
    assert [(row.process, row.name, row.calls) for row in found] == [
        ("driver", "the program", 1),
        ("Store", "fetch", 1),
        ("Poller", "run", 1),
        ("Poller", "other_task", 2),
        ("Poller", "other_task", 1),
    ]


def test_pictures_share_one_scale() -> None:
    """A shorter recording takes less of the width."""
    short, long = record(call("f", 1, 0, 50)), record(call("f", 1, 100, 300))
    asked = [Asked("a", "A", short), Asked("b", "B", long)]
    drawing = LexborHTMLParser(draw(asked, doings).html)
    assert bars(drawing, "running") == [(0, 25), (0, 100)]
    assert [p.attributes["data-width"] for p in drawing.css(".timeline-picture")] == ["200000"] * 2
    own = LexborHTMLParser(draw(asked, doings, own_scales=True).html)
    assert bars(own, "running") == [(0, 100), (0, 100)]
    assert [p.attributes["data-width"] for p in own.css(".timeline-picture")] == ["50000", "200000"]
    assert "each picture has its own scale" in own.text()
    assert "each picture has its own scale" not in drawing.text()


def test_pictures_may_stand_beside_each_other() -> None:
    """In one box, the table below it."""
    asked = [Asked(name, name, record(call("f", 1, 0, 50))) for name in "ab"]
    (box,) = LexborHTMLParser(draw(asked, doings, beside=True).html).css(".timeline-beside")
    assert len(box.css(".timeline-picture")) == 2
    assert box.css("table") == []
    assert "timeline-beside" not in draw(asked, doings).html


def test_what_never_started_is_an_outline_to_the_end() -> None:
    """The table says so, too, and so does the description."""
    asked = Submission("Poller.other_task", "t9", 30 * MS)
    drawing = page(record(call("Poller.run", 1, 0, 10, 100), submissions=(asked,)))
    assert bars(drawing, "never-started") == [(30, 70)]
    assert said(drawing)[-1][:4] == ["Poller", "other_task", "never started", "30.0 ms"]
    description = drawing.css_first("desc")
    assert description is not None
    assert "Poller.other_task was submitted at 30.0 ms and never started." in description.text()
    assert "Poller: run, 1 call, from 0.0 ms on." in description.text()


def test_a_task_that_never_started_has_its_own_name() -> None:
    """A function belongs to no class."""
    asked = Submission("query", "t9", 3 * MS)
    found = rows(record(call("main", 1, 0, 10, process=0), submissions=(asked,)), doings)
    assert [(row.process, row.name) for row in found][1:] == [("query", "query")]


def test_the_table_has_the_facts_of_the_picture() -> None:
    """Process, function, calls, begin, and the time in each state."""
    drawing = page(record(call("Poller.run", 1, 0, 10, 100), call("Poller.run", 2, 100, 250)))
    assert said(drawing) == [["Poller", "run", "2", "0.0 ms", "160 ms", "90.0 ms"]]


def test_the_picture_has_a_title_and_a_description() -> None:
    """A screen reader says them; a title cannot be markup."""
    drawing = page(record(call("Poller.<locals>.run", 1, 0, 10)), title='"<b>A & B')
    svg = drawing.css_first("svg.timeline-drawing")
    assert svg is not None
    assert svg.attributes["role"] == "img"
    assert svg.attributes["aria-label"] == '"<b>A & B: timeline'
    assert drawing.css("b") == []


def test_the_replay_holds_the_recording_in_microseconds() -> None:
    """Each call with its process, caller and spans from the one before."""
    recording = record(
        call("main", 1, 10, 40, process=0),
        call('"</script>', 2, 12, 13, process=0, parent=1),
        call("Poller.run", 1, 20, 21, 30),
    )
    picture = Picture(Asked("poller", "A poller", recording), 30 * MS, doings)
    name, script = picture.replay.name, picture.replay.script
    calls = json.loads(script.removeprefix(f'livesnippetsReplay("{name}",').removesuffix(");\n"))
    assert [(each["process"], each["by"], each["spans"]) for each in calls] == [
        ("driver", None, [["r", 0, 30_000, 6]]),
        ("driver", 0, [["r", 2_000, 1_000, 6]]),
        ("Poller", None, [["r", 10_000, 1_000, 6], ["s", 0, 9_000, 6]]),
    ]
    assert calls[1]["name"] == '"</script>'


def test_each_bar_has_the_pattern_that_it_asks_for() -> None:
    """Whatever the recording is called: an address ends at a blank."""
    drawing = page(record(call("Poller.run", 1, 0, 10, 100)))
    wanted = {(bar.attributes["fill"] or "")[5:-1] for bar in drawing.css("g[fill]")}
    patterns = {each.attributes["id"] for each in drawing.css("pattern")}
    assert wanted
    assert wanted <= patterns
    assert not re.search(r"[^\w-]", "".join(wanted))


@pytest.mark.parametrize("length", [1, 999, 7 * MS, 320 * MS, 2_322 * MS, 90_000 * MS])
def test_the_scale_has_a_few_round_marks(length: int) -> None:
    """At 0 and on, whatever the length, a nanosecond included."""
    recording = Recording([], [], 0, length, {}, {})
    ticks = Picture(Asked("p", "P", recording), length, doings).ticks
    assert 1 <= len(ticks) <= 7
    assert ticks[0] == (0, "0 ms")
    assert all(0 <= x <= 100 for x, _ in ticks)


def test_a_recording_without_any_length_is_drawn() -> None:
    """One event alone takes no time."""
    blink = Call(process=7, number=1, name="f", path="", task="", start=5, stop=5)
    drawing = page(Recording([blink], [], 5, 5, {}, {7: "Poller"}))
    assert bars(drawing, "running") == []


@given(st.lists(st.integers(0, 50), min_size=2, max_size=3_000))
def test_a_coarse_row_shows_where_something_was_and_what_it_mostly_was(gaps: list[int]) -> None:
    """At most so many spans, sorted, within the time, and none in a state that was not there."""
    at, spans = 0, []
    for n, gap in enumerate(gaps):
        if gap:
            spans.append(Span((RUNNING, SUSPENDED)[n % 2], at, at + gap, 6))
        at += gap + n % 3
    if not spans:
        return
    found = coarse(spans)
    assert len(found) <= MOST_SPANS
    assert (found[0].start, found[-1].stop) == (spans[0].start, spans[-1].stop)
    assert all(one.stop <= two.start for one, two in pairwise(found))
    for span in found:
        inside = {each.state for each in spans if each.start < span.stop and span.start < each.stop}
        assert span.state in inside


def test_a_hundred_thousand_events_make_a_bounded_picture(tmp_path: Path) -> None:
    """In time like their number; bars are bounded, totals are not, and what is missing is said."""
    alone, _ = _draw_processes(1, tmp_path / "one")
    together, drawing = _draw_processes(5, tmp_path / "five")
    assert together < 3 * 5 * alone
    assert len(drawing.css(".tl-row rect")) <= 5 * MOST_SPANS
    table = said(drawing)
    assert [row[2] for row in table if len(row) > 1] == ["5000"] * 5
    assert table[0][4] == "1.5 ms"
    notes = [row[0] for row in table if len(row) == 1]
    assert "10,000 changes of the program are too many to be drawn" in notes[0]
    missing = "A 4 did more than a recording holds: 12,345 events are missing at its end."
    assert missing in notes


def _draw_processes(processes: int, folder: Path) -> tuple[float, LexborHTMLParser]:
    """Draw processes with as many events as are kept; return the processor's seconds, too."""
    folder.mkdir()
    for process in range(processes):
        stem = str(process) if process else "driver"
        with (folder / f"{stem}.events").open("w") as file:
            at = 1
            for number in range(1, MOST_EVENTS // 4 + 1):
                at += 1000
                file.write(f"{at}\tstart\t1\t{number}\tsnippets/a.py\t5\tA.f\tt{number}\n")
                file.write(f"{at + 100}\tline\t1\t{number}\t6\n")
                file.write(f"{at + 300}\tsuspend\t1\t{number}\n")
                file.write(f"{at + 400}\tunwind\t1\t{number}\n")
        (folder / f"{stem}.dropped").write_bytes((12_345).to_bytes(8, "little"))
    began = time.process_time()
    drawing = page(events.read(Trace(folder)).since("A.f"))
    return time.process_time() - began, drawing


def test_many_calls_at_once_make_a_bounded_picture() -> None:
    """The rows that there is no room for are counted in the table."""
    recording = record(*(call("Poller.wait", n, 0, 100) for n in range(1, 1_001)))
    drawing = page(recording)
    assert len(drawing.css(".tl-row")) == MOST_ROWS
    assert said(drawing)[-1] == [f"{1_000 - MOST_ROWS} more rows are left out."]


@pytest.mark.parametrize(
    ("state", "line", "expected"),
    [
        (RUNNING, 2, doing.SLEEPING),
        (RUNNING, 6, doing.RUNNING),
        (RUNNING, 8, doing.RUNNING),
        (WAITING, 3, doing.IN_GET),
        (WAITING, 4, doing.IN_WAIT),
        (WAITING, 5, doing.WAITING),
        (WAITING, 7, doing.WAITING),
        (WAITING, 9, doing.WAITING),
        (SUSPENDED, 2, doing.SUSPENDED),
    ],
)
def test_what_a_call_was_doing_is_said_if_its_line_lets_one_know(
    state: str, line: int, expected: doing.Doing
) -> None:
    """Otherwise, or without its module, no more is said than what was recorded."""
    span = Span(state, 0, 9, line)
    assert doing.doing(span, MODULE) is expected
    plain = {RUNNING: doing.RUNNING, WAITING: doing.WAITING, SUSPENDED: doing.SUSPENDED}
    assert doing.doing(span, None) is plain[state]


def test_a_row_shows_what_the_calls_inside_were_doing() -> None:
    """The line of the outer call does not say in what it waits; that of the inner one does."""
    outer = call("main", 1, 0, 10, process=0)
    outer.spans = [
        Span(RUNNING, 0, 2 * MS, 6),
        Span(WAITING, 2 * MS, 8 * MS, 6),
        Span(RUNNING, 8 * MS, 10 * MS, 6),
    ]
    inner = call("ask", 2, 1, 9, process=0, parent=1)
    inner.spans = [
        Span(RUNNING, 1 * MS, 2 * MS, 2),
        Span(WAITING, 2 * MS, 5 * MS, 4),
        Span(WAITING, 5 * MS, 8 * MS, 3),
        Span(RUNNING, 8 * MS, 9 * MS, 6),
    ]
    (row,) = rows(record(outer, inner), doings)
    assert [(span.state, span.start // MS, span.stop // MS) for span in row.spans] == [
        ("running", 0, 1),
        ("sleeping", 1, 2),
        ("in ray.wait", 2, 5),
        ("in ray.get", 5, 8),
        ("running", 8, 10),
    ]


def test_states_differ_by_more_than_colour() -> None:
    """Each has a pattern of its own, or an outline, and the legend has those that are drawn."""
    patterns = [each.pattern for each in doing.ALL.values()]
    assert sorted(patterns)[:2] == ["", ""]  # running is full, never started is an outline
    assert len({*patterns}) == len(patterns) - 1
    drawing = page(record(call("Poller.run", 1, 0, 10, 100)))
    assert [each.text().strip() for each in drawing.css(".timeline-legend > span")] == [
        "running",
        "suspended, as at an await",
    ]
    (first, *_) = drawing.css(".timeline-legend, .timeline-picture")
    assert first.tag == "p"


def test_a_callout_tells_of_a_call() -> None:
    """When it ran, for how long, and what was suspended meanwhile; also in the picture."""
    other = call("Poller.other_task", 2, 20, 22)
    drawing = page(record(call("Poller.run", 1, 0, 10, 100), other), callout="other_task")
    (callout,) = drawing.css(".timeline-callout")
    assert callout.text() == "other_task ran at 20.0 ms, for 2.0 ms, while run was suspended."
    assert callout.attributes["data-at"] == "20000"
    (mark,) = drawing.css(".tl-callout")
    assert (mark.attributes["x"], mark.text()) == ("20.0%", "ran at 20.0 ms")
    again = page(record(call("Poller.run", 1, 0, 10, 100), other), callout="Poller.run")
    assert "suspended" not in again.css(".timeline-callout")[0].text()


def test_a_callout_tells_of_a_call_that_never_started() -> None:
    """Where it was submitted."""
    asked = Submission("Poller.other_task", "t9", 30 * MS)
    drawing = page(
        record(call("Poller.run", 1, 0, 10, 100), submissions=(asked,)), "", "other_task"
    )
    (callout,) = drawing.css(".timeline-callout")
    assert callout.text() == "other_task was submitted at 30.0 ms, and never started."
    assert callout.attributes["data-at"] == "30000"
    assert drawing.css(".tl-callout")[0].text() == "never started"


def test_a_callout_of_what_was_not_called_is_missing() -> None:
    """The finding suggests a name."""
    with pytest.raises(Missing) as caught:
        find(record(call("Poller.run", 1, 0, 10)), "rum")
    assert "no call of 'rum'; there is 'Poller.run'" in str(caught.value.finding)


def test_names_stand_beside_the_drawing() -> None:
    """Each process once, with its methods beneath; two of one class differ by a number, too."""
    drawing = page(record(call("Poller.run", 1, 0, 9), call("Poller.ping", 2, 1, 2)))
    names = [each.text() for each in drawing.css(".timeline-names p")]
    assert names == ["Poller", "run", "ping"]
