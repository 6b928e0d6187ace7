"""What a call was doing: the recording's states, told apart by what the line calls.

Only what is known is said: where a line calls something that may wait as well, it stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livesnippets.evidence import recording

if TYPE_CHECKING:
    from livesnippets.evidence.recording import Span
    from livesnippets.source.module import Source


@dataclass(frozen=True)
class Doing:
    """One thing that a call may be doing."""

    name: str
    """As tables and the replay have it."""
    letter: str
    """What stands for it in the replay's data."""
    legend: str
    """What it means, ``code`` in backquotes."""
    pattern: str = ""
    """What fills its bars, as a path in a square of 6 pixels; without one, they are plain."""

    @property
    def css(self) -> str:
        """The end of its classes."""
        return self.name.replace(" ", "-").replace(".", "-")


SUSPENDED = Doing("suspended", "s", "suspended, as at an `await`", "M2 2h2v2H2z")
IN_GET = Doing("in ray.get", "g", "waiting in `ray.get`", "M0 4v2l6-6H4z")
IN_WAIT = Doing("in ray.wait", "w", "waiting in `ray.wait`", "M0 0h2v6H0zM0 0h6v2H0z")
WAITING = Doing("waiting", "e", "waiting in `ray.get` or `ray.wait`", "M0 0h2l4 4v2z")
SLEEPING = Doing("sleeping", "z", "sleeping in `time.sleep`", "M0 0h6v1.5H0z")
RUNNING = Doing("running", "r", "running")
NEVER = Doing("never started", "", "submitted, never started")

ALL = {each.name: each for each in (SUSPENDED, IN_GET, IN_WAIT, WAITING, SLEEPING, RUNNING, NEVER)}
"""By name, in the order in which they are drawn: what is short lies on top."""

WAITS = {"ray.get": IN_GET, "ray.wait": IN_WAIT}


def doing(span: Span, source: Source | None) -> Doing:
    """Return what the call of a span, in a module if that is known, was doing."""
    called = source.calls.get(span.line, set()) if source else set()
    if span.state == recording.SUSPENDED:
        return SUSPENDED
    if span.state == recording.RUNNING:
        return SLEEPING if called == {"time.sleep"} else RUNNING
    waits = {name for name in called if not name.startswith("builtins.") and name != "?.remote"}
    return WAITS.get(waits.pop(), WAITING) if len(waits) == 1 else WAITING
