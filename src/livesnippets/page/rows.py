"""The rows of a timeline: the calls of one function in one process, and what they were doing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from livesnippets.evidence.recording import SUSPENDED, Call, Span, merged
from livesnippets.page.doing import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording, Submission
    from livesnippets.page.doing import Doing

    type Doings = Callable[[str, Span], Doing]
    """Says what a call of a file was doing for the time of a span."""

MOST_SPANS = 600  # in a row; about one a pixel


@dataclass
class Row:
    """The calls of one function in one process, none overlapping another."""

    process: str
    name: str
    spans: list[Span] = field(default_factory=list)
    """Their states are the names of `Doing`s."""
    holds: list[Call | Submission] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many calls it shows."""
        return sum(isinstance(each, Call) for each in self.holds)

    def total(self, state: str) -> int:
        """Return the nanoseconds that the row spends in a state."""
        return sum(span.stop - span.start for span in self.spans if span.state == state)

    @property
    def drawn(self) -> list[Span]:
        """The spans, or when there are too many of them what a coarse grid shows of them."""
        return self.spans if len(self.spans) <= MOST_SPANS else coarse(self.spans)


def rows(recording: Recording, doings: Doings) -> list[Row]:
    """Return the rows of a recording, the driver's first."""
    lanes: dict[tuple[str, str], list[tuple[Row, int]]] = {}
    labels = recording.labels
    for call, spans in _outermost(recording, doings):
        process = labels[call.process]
        name = "the program" if process == "driver" else call.name.rpartition(".")[2]
        _lane(lanes.setdefault((process, name), []), Row(process, name), call, spans, recording.end)
    for submission in recording.never_started():
        process, _, name = submission.target.partition(".")
        span = Span(NEVER.name, submission.at, recording.end, 0)
        row = Row(process, name or process, [span], [submission])
        lanes.setdefault((process, row.name), []).append((row, recording.end))
    found = [row for lane in lanes.values() for row, _ in lane]
    first: dict[str, int] = {}
    for row in found:
        first[row.process] = min(row.spans[0].start, first.get(row.process, row.spans[0].start))
    found.sort(key=lambda r: (r.process != "driver", first[r.process], r.process, r.spans[0].start))
    return found


def _lane(lane: list[tuple[Row, int]], fresh: Row, call: Call, spans: list[Span], end: int) -> None:
    """Add a call to the first row of its function that is free when it starts, or a fresh one."""
    if not spans:
        return
    index = next((n for n, (_, busy) in enumerate(lane) if busy <= call.start), len(lane))
    if index == len(lane):
        lane.append((fresh, 0))
    row = lane[index][0]
    row.spans += spans
    row.holds.append(call)
    lane[index] = (row, end if call.stop is None else call.stop)


def _outermost(recording: Recording, doings: Doings) -> list[tuple[Call, list[Span]]]:
    """Return the calls that Ray made, with what was done in each or in what it called."""
    here = {(call.process, call.number) for call in recording.calls}
    inside: dict[tuple[int, int], list[Span]] = {}
    found = []
    for call in reversed(recording.calls):  # one begins after the one that made it
        own = [replace(span, state=doings(call.path, span).name) for span in call.spans]
        above = sorted(inside.pop((call.process, call.number), ()), key=lambda span: span.start)
        spans = _covered(own, above)
        caller = call.process, call.parent or 0
        if caller in here:
            on_thread = (span for span in spans if span.state != SUSPENDED)
            inside.setdefault(caller, []).extend(on_thread)
        else:
            found.append((call, merged(spans)))
    return found[::-1]


def _covered(below: list[Span], above: list[Span]) -> list[Span]:
    """Return spans with others, which do not overlap each other, laid over them."""
    found: list[Span] = []
    index = at = 0
    for span in below:
        at = max(at, span.start)
        while index < len(above) and above[index].start < span.stop:
            over = above[index]
            index += 1
            if at < over.start:
                found.append(replace(span, start=at, stop=over.start))
            if at < over.stop:
                found.append(replace(over, start=max(at, over.start)))
                at = over.stop
        if at < span.stop:
            found.append(replace(span, start=at))
            at = span.stop
    return found


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
