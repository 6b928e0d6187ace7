"""Draw a recording: calls on one time scale, as static SVG and, the same facts, as a table."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from livesnippets.evidence.recording import RUNNING, SUSPENDED, WAITING, Span, merged
from livesnippets.page.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from livesnippets.evidence.recording import Call, Recording

NEVER = "never started"
HEAD, LABEL, BAR, GAP, FOOT = 26, 15, 14, 5, 22  # heights in pixels
MOST_SPANS = 600  # in a row; about one a pixel
MOST_ROWS = 40
MOST_TICKS = 6


@dataclass
class Row:
    """The calls of one function in one process, none overlapping another."""

    process: str
    name: str
    spans: list[Span] = field(default_factory=list)
    calls: int = 0

    def total(self, state: str) -> int:
        """Return the nanoseconds that the row spends in a state."""
        return sum(span.stop - span.start for span in self.spans if span.state == state)

    @property
    def drawn(self) -> list[Span]:
        """The spans, or when there are too many of them what a coarse grid shows of them."""
        return self.spans if len(self.spans) <= MOST_SPANS else coarse(self.spans)


def rows(recording: Recording) -> list[Row]:
    """Return the rows of a recording, the driver's first."""
    lanes: dict[tuple[str, str], list[tuple[Row, int]]] = {}
    labels = recording.labels
    here = {(call.process, call.number) for call in recording.calls}
    for call in recording.calls:
        if (call.process, call.parent) in here:
            continue  # the call that made this one has the row
        process = labels[call.process]
        name = "the program" if process == "driver" else call.name.rpartition(".")[2]
        _lane(lanes.setdefault((process, name), []), process, name, call, recording.end)
    for submission in recording.never_started():
        process, _, name = submission.target.partition(".")
        row = Row(process, name or process, [Span(NEVER, submission.at, recording.end, 0)])
        lanes.setdefault((process, row.name), []).append((row, recording.end))
    found = [row for lane in lanes.values() for row, _ in lane]
    first: dict[str, int] = {}
    for row in found:
        first[row.process] = min(row.spans[0].start, first.get(row.process, row.spans[0].start))
    found.sort(key=lambda r: (r.process != "driver", first[r.process], r.process, r.spans[0].start))
    return found


def _lane(lane: list[tuple[Row, int]], process: str, name: str, call: Call, end: int) -> None:
    """Add a call to the first row of its function that is free when it starts."""
    spans = merged(call.spans)
    if not spans:
        return
    index = next((n for n, (_, busy) in enumerate(lane) if busy <= call.start), len(lane))
    if index == len(lane):
        lane.append((Row(process, name), 0))
    row = lane[index][0]
    row.spans += spans
    row.calls += 1
    lane[index] = (row, end if call.stop is None else call.stop)


def coarse(spans: list[Span]) -> list[Span]:
    """Return at most `MOST_SPANS` spans: each slice of time shows what most of its spans' time was.

    A slice in which anything happened is not blank, as the shortest bar is a pixel wide, too.
    """
    begin, end = spans[0].start, spans[-1].stop
    edges = [begin + (end - begin) * n // MOST_SPANS for n in range(MOST_SPANS + 1)]
    found, first = [], 0
    for start, stop in pairwise(edges):
        shares: Counter[str] = Counter()
        for index in range(first, len(spans)):
            span = spans[index]
            if span.start >= stop:
                break
            if span.stop <= start:
                first = index + 1
                continue
            shares[span.state] += min(span.stop, stop) - max(span.start, start)
        if shares:
            found.append(Span(shares.most_common(1)[0][0], start, stop, 0))
    return merged(found)


@dataclass(frozen=True)
class Picture:
    """One recording, laid out on a scale that it may share with others."""

    name: str
    title: str
    recording: Recording
    scale: int
    """The nanoseconds that the full width stands for."""

    @cached_property
    def all_rows(self) -> list[Row]:
        """The rows, also those that there is no room for."""
        return rows(self.recording)

    @property
    def rows_left_out(self) -> int:
        """How many rows there is no room for."""
        return max(len(self.all_rows) - MOST_ROWS, 0)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows with their bars, ready for the template."""
        laid: list[dict[str, Any]] = []
        top = HEAD
        for row in self.all_rows[:MOST_ROWS]:
            bars = [
                {
                    "x": self.percent(span.start),
                    "width": max(self.percent(span.stop) - self.percent(span.start), 0.12),
                    "state": span.state.replace(" ", "-"),
                }
                for span in row.drawn
            ]
            # Calls that overlap lie in lanes under one label.
            above = laid[-1]["row"] if laid else None
            same = above and (above.process, above.name) == (row.process, row.name)
            labelled = not same or row.spans[0].state == NEVER
            bar = top + (LABEL if labelled else 0)
            laid.append({"row": row, "label": labelled, "text": top + 10, "bar": bar, "bars": bars})
            top = bar + BAR + GAP
        return laid

    @property
    def height(self) -> int:
        """The height of the drawing in pixels."""
        laid = self.rows
        return (laid[-1]["bar"] + BAR + GAP if laid else HEAD) + FOOT

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where the scale has marks, in percent, and what they say."""
        least = self.scale / MOST_TICKS / 1e6
        power = 10 ** math.floor(math.log10(least))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
        count = math.ceil(self.scale / 1e6 / step)
        return [
            (round(100 * n * step * 1e6 / self.scale, 3), f"{n * step:g} ms") for n in range(count)
        ]

    @property
    def description(self) -> str:
        """The picture in one sentence for each row."""
        said = []
        for row in self.all_rows[:MOST_ROWS]:
            start = _ms(row.spans[0].start - self.recording.begin)
            if row.spans[0].state == NEVER:
                said.append(f"{row.process}.{row.name} was submitted at {start} and never started.")
            else:
                calls = "1 call" if row.calls == 1 else f"{row.calls} calls"
                said.append(f"{row.process}: {row.name}, {calls}, from {start} on.")
        return " ".join(said)

    @property
    def replay(self) -> str:
        """The recording as JSON for the replay.

        A span is the first letter of its state, its microseconds since the end of the call's span
        before it, or since the recording's begin, how many it lasts, and its line.
        """
        begin = self.recording.begin
        labels = self.recording.labels
        indexes = {(c.process, c.number): n for n, c in enumerate(self.recording.calls)}
        calls = [
            {
                "path": call.path,
                "name": call.name,
                "process": labels[call.process],
                "by": indexes.get((call.process, call.parent or 0)),
                "spans": [
                    [span.state[0], start - before, stop - start, span.line]
                    for span, (before, start, stop) in zip(
                        call.spans, _moments(call.spans, begin), strict=True
                    )
                ],
            }
            for call in self.recording.calls
        ]
        end = (self.recording.end - begin) // 1000
        text = json.dumps({"end": end, "calls": calls}, separators=(",", ":"))
        return text.replace("<", "\\u003c").replace("&", "\\u0026")  # in a script, in XHTML too

    def percent(self, moment: int) -> float:
        """Return where a moment lies on the scale."""
        return round(100 * (moment - self.recording.begin) / self.scale, 3)


def _moments(spans: Iterable[Span], begin: int) -> Iterator[tuple[int, int, int]]:
    """Yield for each span the end of the one before it, its start and its end, in microseconds."""
    before = 0
    for span in spans:
        start, stop = (span.start - begin) // 1000, (span.stop - begin) // 1000
        yield before, start, stop
        before = stop


def draw(recordings: Iterable[tuple[str, str, Recording]]) -> str:
    """Return the HTML of a timeline: pictures one above the other, on one scale.

    `recordings` are names, titles and what they stand for.
    """
    found = list(recordings)
    scale = max(recording.end - recording.begin for _, _, recording in found) or 1
    pictures = [Picture(name, title, recording, scale) for name, title, recording in found]
    return render("timeline.html", pictures=pictures, states=(RUNNING, WAITING, SUSPENDED), ms=_ms)


def _ms(nanoseconds: int) -> str:
    milliseconds = nanoseconds / 1e6
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"  # noqa: PLR2004 - digits
