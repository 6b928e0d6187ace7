"""A recording of one test: which call was doing what, and when, in which process.

The same values answer a test's questions and draw a page's timeline.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from livesnippets.finding import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

RUNNING, SUSPENDED, WAITING = "running", "suspended", "waiting"


class RecordingError(Exception):
    """Events that contradict each other, or none at all; says where, and what to do."""


class Span(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a call was doing for a while; times in nanoseconds of the monotonic clock."""

    state: str
    """``running`` (on its thread), ``suspended`` (at an await) or ``waiting`` (in ``ray.get``)."""
    start: int
    stop: int
    line: int
    """The line that the call was on."""


class Call(Struct, array_like=True, forbid_unknown_fields=True):
    """One call of a function of the repository."""

    process: int
    number: int
    """Unique within the process."""
    name: str
    """The qualified name, ``LongPollingActor.run``."""
    path: str
    task: str
    """The id of the Ray task that it ran in."""
    start: int
    stop: int | None = None
    """When it returned or raised; None: it never did."""
    parent: int | None = None
    """The call of the repository that made this one, on the same thread; None: Ray did."""
    spans: list[Span] = field(default_factory=list)

    def suspended_during(self, other: Call) -> bool:
        """Whether all of `other` happened while this call was suspended at one await."""
        return other.stop is not None and any(
            span.state == SUSPENDED and span.start <= other.start and other.stop <= span.stop
            for span in self.spans
        )

    def on_thread_at(self, moment: int) -> bool:
        """Whether the call held its thread then, running or waiting in ``ray.get``."""
        return any(
            span.state != SUSPENDED and span.start <= moment < span.stop for span in self.spans
        )


class Submission(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A remote call that somebody asked for, if it is known whether it started."""

    target: str
    """``LongPollingActor.other_task``."""
    task: str
    at: int


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """All that was recorded of one test."""

    calls: list[Call]
    submissions: list[Submission]
    begin: int
    end: int
    """The first and the last event's time."""
    dropped: dict[int, int]
    """How many events each process had no room for."""
    names: dict[int, str]
    """What each process is: the actor's class, or ``driver``."""

    def since(self, name: str, after: int = 0) -> Recording:
        """Return the part from the first call of `name` on that started after a moment.

        Raises `RecordingError`.
        """
        starts = [call.start for call in self.of(name) if call.start >= after]
        if not starts:
            cure = suggest(name, {call.name for call in self.calls}) or "the snippets call none"
            raise RecordingError(f"no call of {name!r} was recorded; {cure}")
        begin = starts[0]
        calls = [
            replace(
                call,
                start=max(call.start, begin),
                spans=[replace(s, start=max(s.start, begin)) for s in call.spans if s.stop > begin],
            )
            for call in self.calls
            if call.start >= begin or any(span.stop > begin for span in call.spans[-1:])
        ]
        unstarted = set(self.never_started())
        submissions = [
            replace(each, at=max(each.at, begin))
            for each in self.submissions
            if each.at >= begin or (each.at >= after and each in unstarted)
        ]
        return replace(self, calls=calls, submissions=submissions, begin=begin)

    @property
    def labels(self) -> dict[int, str]:
        """What to call each process that made a call: its name, with a number from the second on.

        They are numbered as they began.
        """
        labels: dict[int, str] = {}
        count: Counter[str] = Counter()
        for process in dict.fromkeys(call.process for call in self.calls):
            name = self.names[process]
            count[name] += 1
            labels[process] = name if count[name] == 1 else f"{name} {count[name]}"
        return labels

    def of(self, name: str) -> list[Call]:
        """Return the calls of a function, in the order in which they started."""
        return [call for call in self.calls if call.name == name]

    def never_started(self) -> list[Submission]:
        """Return the submissions that no process began to run."""
        started = {call.task for call in self.calls}
        return [each for each in self.submissions if each.task not in started]

    def most_at_once(self, name: str) -> int:
        """Return how many calls of a function were under way at one moment."""
        moments = [(call.start, 1) for call in self.of(name)]
        moments += [(call.stop, -1) for call in self.of(name) if call.stop is not None]
        at_once = most = 0
        for _, step in sorted(moments):
            at_once += step
            most = max(most, at_once)
        return most


def merged(spans: Iterable[Span]) -> list[Span]:
    """Join neighbouring spans of one state, whatever their lines."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].state == span.state and joined[-1].stop == span.start:
            joined[-1] = Span(span.state, joined[-1].start, span.stop, joined[-1].line)
        else:
            joined.append(span)
    return joined
