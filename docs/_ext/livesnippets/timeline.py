"""Draw a recording: calls on one time scale, as static SVG and, the same facts, as a table."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from livesnippets.recording import RUNNING, SUSPENDED, WAITING, Span, merged
from livesnippets.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from livesnippets.recording import Call, Recording

NEVER = "never started"
ROW, BAR, HEAD, FOOT = 34, 14, 26, 22  # heights in pixels
MOST_SPANS = 600  # in a row; shorter ones than a pixel's width go first
MOST_TICKS = 6


@dataclass
class Row:
    """The calls of one function in one process, none overlapping another."""

    process: str
    name: str
    spans: list[Span] = field(default_factory=list)
    calls: int = 0
    left_out: int = 0
    """How many spans are too short to be drawn."""

    def total(self, state: str) -> int:
        """Return the nanoseconds that the row spends in a state."""
        return sum(span.stop - span.start for span in self.spans if span.state == state)


def rows(recording: Recording) -> list[Row]:
    """Return the rows of a recording, the driver's first."""
    lanes: dict[tuple[str, str], list[tuple[Row, int]]] = {}
    for call in recording.calls:
        if call.parent is not None and _is_here(call.parent, call, recording):
            continue  # the call that made this one has the row
        process = recording.names[call.process]
        name = "the program" if process == "driver" else call.name.rpartition(".")[2]
        _lane(lanes.setdefault((process, name), []), process, name, call, recording.end)
    for submission in recording.never_started():
        process, _, name = submission.target.partition(".")
        row = Row(process, name, [Span(NEVER, submission.at, recording.end, 0)])
        lanes.setdefault((process, name), []).append((row, recording.end))
    found = [row for lane in lanes.values() for row, _ in lane]
    first: dict[str, int] = {}
    for row in found:
        first[row.process] = min(row.spans[0].start, first.get(row.process, row.spans[0].start))
    found.sort(key=lambda r: (r.process != "driver", first[r.process], r.process, r.spans[0].start))
    for row in found:
        row.left_out = _thin(row)
    return found


def _is_here(parent: int, call: Call, recording: Recording) -> bool:
    return any(each.number == parent and each.process == call.process for each in recording.calls)


def _lane(lane: list[tuple[Row, int]], process: str, name: str, call: Call, end: int) -> None:
    """Add a call to the first row of its function that is free when it starts."""
    spans = merged(call.spans)
    if not spans:
        return
    free = [index for index, (_, busy_until) in enumerate(lane) if busy_until <= call.start]
    index = free[0] if free else len(lane)
    if not free:
        lane.append((Row(process, name), 0))
    row = lane[index][0]
    row.spans += spans
    row.calls += 1
    lane[index] = (row, end if call.stop is None else call.stop)


def _thin(row: Row) -> int:
    """Drop the shortest spans of a row that has too many; return how many."""
    if len(row.spans) <= MOST_SPANS:
        return 0
    longest = sorted(row.spans, key=lambda span: span.stop - span.start, reverse=True)
    kept = set(map(id, longest[:MOST_SPANS]))
    dropped = [span for span in row.spans if id(span) not in kept]
    row.spans = [span for span in row.spans if id(span) in kept]
    return len(dropped)


@dataclass(frozen=True)
class Picture:
    """One recording, laid out on a scale that it may share with others."""

    name: str
    title: str
    recording: Recording
    scale: int
    """The nanoseconds that the full width stands for."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows with their bars, ready for the template."""
        laid = []
        for number, row in enumerate(rows(self.recording)):
            top = HEAD + number * ROW
            bars = [
                {
                    "x": self.percent(span.start),
                    "width": max(self.percent(span.stop) - self.percent(span.start), 0.12),
                    "state": span.state.replace(" ", "-"),
                }
                for span in row.spans
            ]
            laid.append({"row": row, "text": top + 10, "bar": top + 15, "bars": bars})
        return laid

    @property
    def height(self) -> int:
        """The height of the drawing in pixels."""
        return HEAD + len(rows(self.recording)) * ROW + FOOT

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
        for row in rows(self.recording):
            start = _ms(row.spans[0].start - self.recording.begin)
            if row.spans[0].state == NEVER:
                said.append(f"{row.process}.{row.name} was submitted at {start} and never started.")
            else:
                said.append(f"{row.process}: {row.name}, {row.calls} calls, from {start} on.")
        return " ".join(said)

    @property
    def replay(self) -> str:
        """The recording as JSON for the replay: microseconds from its begin."""
        begin = self.recording.begin
        calls = [
            {
                "path": call.path,
                "name": call.name,
                "process": self.recording.names[call.process],
                "spans": [
                    [
                        span.state[0],
                        (span.start - begin) // 1000,
                        (span.stop - begin) // 1000,
                        span.line,
                    ]
                    for span in call.spans
                ],
            }
            for call in self.recording.calls
        ]
        end = (self.recording.end - begin) // 1000
        # "</" would end the script element that holds this.
        return json.dumps({"end": end, "calls": calls}, separators=(",", ":")).replace("</", "<\\/")

    def percent(self, moment: int) -> float:
        """Return where a moment lies on the scale."""
        return round(100 * (moment - self.recording.begin) / self.scale, 3)


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
