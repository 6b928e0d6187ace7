"""Draw a recording: its calls over time, as static SVG and, the same facts, as a table."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from livesnippets.page import doing
from livesnippets.page.rows import rows
from livesnippets.page.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from livesnippets.evidence.recording import Recording, Span
    from livesnippets.page.callout import Callout
    from livesnippets.page.rows import Doings, Row

HEADER, ROW, BAR, CALLOUT, FOOT = 19, 19, 14, 17, 40  # heights in pixels
MOST_ROWS = 40
MOST_TICKS = 6


@dataclass(frozen=True)
class Replay:
    """What a replay shows of a recording: a script, which a page loads when it is wanted."""

    name: str
    script: str


@dataclass(frozen=True)
class Drawing:
    """A timeline: its HTML, and the replays of its pictures."""

    html: str
    replays: list[Replay]


@dataclass(frozen=True)
class Asked:
    """One recording, as a page asks for it."""

    name: str
    title: str
    recording: Recording
    callout: Callout | None = None


@dataclass(frozen=True)
class Picture:
    """One recording, laid out on a scale that it may share with others."""

    asked: Asked
    scale: int
    """The nanoseconds that the full width stands for."""
    doings: Doings

    @property
    def recording(self) -> Recording:
        """What is drawn."""
        return self.asked.recording

    @cached_property
    def all_rows(self) -> list[Row]:
        """The rows, also those that there is no room for."""
        return rows(self.recording, self.doings)

    @property
    def rows_left_out(self) -> int:
        """How many rows there is no room for."""
        return max(len(self.all_rows) - MOST_ROWS, 0)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows with their bars, ready for the template."""
        laid: list[dict[str, Any]] = []
        top, above = 0, None
        for row in self.all_rows[:MOST_ROWS]:
            first = above is None or above.process != row.process
            # Calls that overlap lie in lanes under one name.
            named = first or above is None or above.name != row.name or not row.calls
            top += HEADER if first else 0
            bars = {
                each: found
                for each in doing.ALL.values()
                if (found := [self._bar(span) for span in row.drawn if span.state == each.name])
            }
            callout = self.asked.callout
            marked = callout and any(each is callout.about for each in row.holds)
            height = ROW + (CALLOUT if marked else 0)
            laid.append(
                {
                    "row": row,
                    "process": row.process if first else "",
                    "name": row.name if named else "",
                    "bars": bars,
                    "top": top,
                    "height": height,
                    "callout": callout if marked else None,
                }
            )
            top, above = top + height, row
        return laid

    @property
    def height(self) -> int:
        """The height of the drawing in pixels."""
        laid = self.rows
        return (laid[-1]["top"] + laid[-1]["height"] if laid else 0) + FOOT

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
            if not row.calls:
                said.append(f"{row.process}.{row.name} was submitted at {start} and never started.")
            else:
                calls = "1 call" if row.calls == 1 else f"{row.calls} calls"
                said.append(f"{row.process}: {row.name}, {calls}, from {start} on.")
        return " ".join(said)

    @cached_property
    def replay(self) -> Replay:
        """The calls of the recording for its replay.

        A span is the letter of what is done, its microseconds since the end of the call's span
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
                    [self.doings(call.path, span).letter, start - before, stop - start, span.line]
                    for span, (before, start, stop) in zip(
                        call.spans, _moments(call.spans, begin), strict=True
                    )
                ],
            }
            for call in self.recording.calls
        ]
        text = json.dumps(calls, separators=(",", ":"))
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        return Replay(name, f'livesnippetsReplay("{name}",{text});\n')

    def percent(self, moment: int) -> float:
        """Return where a moment lies on the scale."""
        return round(100 * (moment - self.recording.begin) / self.scale, 2)

    def _bar(self, span: Span) -> tuple[float, float]:
        # A tenth of a percent is less than a pixel, and where one bar ends the next begins.
        x, end = (round(self.percent(moment), 1) for moment in (span.start, span.stop))
        return x, round(max(end - x, 0.1), 1)


def _moments(spans: Iterable[Span], begin: int) -> Iterator[tuple[int, int, int]]:
    """Yield for each span the end of the one before it, its start and its end, in microseconds."""
    before = 0
    for span in spans:
        start, stop = (span.start - begin) // 1000, (span.stop - begin) // 1000
        yield before, start, stop
        before = stop


def draw(
    asked: Sequence[Asked], doings: Doings, *, own_scales: bool = False, beside: bool = False
) -> Drawing:
    """Return a timeline: pictures one above the other, or beside, on one scale or each on its own.

    `doings` says what a call was doing at a line.
    """
    lengths = [each.recording.end - each.recording.begin or 1 for each in asked]
    longest = max(lengths)
    pictures = [
        Picture(each, length if own_scales else longest, doings)
        for each, length in zip(asked, lengths, strict=True)
    ]
    drawn = {each for picture in pictures for laid in picture.rows for each in laid["bars"]}
    html = render(
        "timeline.html",
        pictures=pictures,
        legend=[each for each in reversed(doing.ALL.values()) if each in drawn],
        own_scales=own_scales,
        beside=beside,
        NEVER=doing.NEVER,
        BAR=BAR,
        FOOT=FOOT,
        ms=_ms,
    )
    return Drawing(html, [picture.replay for picture in pictures])


def _ms(nanoseconds: int) -> str:
    milliseconds = nanoseconds / 1e6
    return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"  # noqa: PLR2004 - digits
