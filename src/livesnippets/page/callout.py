"""The call of a recording that its picture points to, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livesnippets.evidence.reasons import NOWHERE, Missing
from livesnippets.evidence.recording import Call
from livesnippets.finding import Finding, Kind, suggest

if TYPE_CHECKING:
    from livesnippets.evidence.recording import Recording, Submission


@dataclass(frozen=True)
class Callout:
    """One call, or one that never started."""

    recording: Recording
    about: Call | Submission

    @property
    def at(self) -> int:
        """When it started or, if it never did, was submitted."""
        return self.about.start if isinstance(self.about, Call) else self.about.at

    @property
    def jump(self) -> int:
        """The microsecond of the recording at which a replay shows it: its longest part begins."""
        moment = self.at
        if isinstance(self.about, Call) and self.about.spans:
            moment = max(self.about.spans, key=lambda span: span.stop - span.start).start
        return (moment - self.recording.begin) // 1000

    @property
    def name(self) -> str:
        """Its function's name, without the class."""
        about = self.about
        return (about.name if isinstance(about, Call) else about.target).rpartition(".")[2]

    @property
    def mark(self) -> str:
        """What stands in the picture."""
        if not isinstance(self.about, Call):
            return "never started"
        return f"ran at {self._moment}"

    @property
    def says(self) -> str:
        """What stands above it, ``code`` in backquotes."""
        about = self.about
        if not isinstance(about, Call):
            return f"`{self.name}` was submitted at {self._moment}, and never started."
        if about.stop is None:
            return f"`{self.name}` started at {self._moment}, and did not end."
        micro = (about.stop - about.start) / 1e3
        lasted = f"{micro:.0f} µs" if micro < 1e3 else f"{micro / 1e3:,.1f} ms"  # noqa: PLR2004
        took = f"`{self.name}` ran at {self._moment}, for {lasted}"
        others = (call for call in self.recording.calls if call.process == about.process)
        names = {call.name.rpartition(".")[2] for call in others if call.suspended_during(about)}
        if not names:
            return f"{took}."
        suspended = " and ".join(f"`{name}`" for name in sorted(names))
        return f"{took}, while {suspended} {'was' if len(names) == 1 else 'were'} suspended."

    @property
    def _moment(self) -> str:
        return f"{(self.at - self.recording.begin) / 1e6:,.1f} ms"


def find(recording: Recording, name: str) -> Callout:
    """Return the first call of `name`, qualified or not, started or not; raises `Missing`."""
    found = [Callout(recording, call) for call in recording.calls if _is(call.name, name)]
    unstarted = (each for each in recording.never_started() if _is(each.target, name))
    found += [Callout(recording, submission) for submission in unstarted]
    if found:
        return min(found, key=lambda callout: callout.at)
    known = {each.target for each in recording.submissions} | {c.name for c in recording.calls}
    cure = suggest(name, known) or "name one that it has"
    message = f"the recording has no call of {name!r}"
    raise Missing(Finding(NOWHERE, Kind.MISSING, message, cure))


def _is(qualified: str, name: str) -> bool:
    return f".{qualified}".endswith(f".{name}")
