"""Turn the events that `tracer` wrote into a recording: calls, each a row of spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.evidence.recording import (
    RUNNING,
    SUSPENDED,
    WAITING,
    Call,
    Recording,
    RecordingError,
    Span,
    Submission,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTOR_ID = 32  # the last hexadecimal digits of the id of an actor's task


def read(folder: Path) -> Recording:
    """Read what every process wrote into `folder`; raises `RecordingError`."""
    readers = [_Process(path) for path in sorted(folder.glob("*.events"))]
    calls = sorted((call for each in readers for call in each.calls.values()), key=_by_start)
    kills = {actor: time for each in readers for actor, time in each.kills.items()}
    if not calls:
        message = f"{folder.name}: recorded no call; does the test run code of the repository?"
        raise RecordingError(message)
    end = max(each.now for each in readers)
    for each in readers:
        each.close(end, kills)
    return Recording(
        calls=calls,
        submissions=sorted((s for each in readers for s in each.submissions), key=lambda s: s.at),
        begin=min(each.begin for each in readers if each.calls),
        end=end,
        dropped={each.pid: each.dropped for each in readers if each.dropped},
        names={each.pid: each.name for each in readers},
    )


def _by_start(call: Call) -> tuple[int, int]:
    return call.start, call.number


class _Process:
    """Replays the events of one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pid = int(path.stem) if path.stem.isdigit() else 0
        self.calls: dict[int, Call] = {}
        self.submissions: list[Submission] = []
        self.kills: dict[str, int] = {}
        """When this process killed an actor, by the actor's id."""
        self.begin = self.now = 0
        self._open: dict[int, tuple[str, int, int]] = {}
        """The span that each unfinished call is in: its state, start and line."""
        self._stacks: dict[int, list[int]] = {}
        """The calls on each thread, the innermost last."""
        for number, event in enumerate(_whole_lines(path), 1):
            try:
                self._apply(event.split("\t"))
            except (ValueError, KeyError, IndexError) as error:
                message = (
                    f"{path.name}:{number}: {event[:60]!r} is no event that can follow ({error}); "
                    "run the test again"
                )
                raise RecordingError(message) from error

    @property
    def name(self) -> str:
        """The class whose method ran first in a worker; ``driver`` for the test itself."""
        if self.path.stem == "driver":
            return "driver"
        names = (call.name.partition(".")[0] for call in self.calls.values())
        return next((name for name in names if name != "<module>"), "worker")

    @property
    def dropped(self) -> int:
        """How many events there was no room for."""
        path = self.path.with_suffix(".dropped")
        return int.from_bytes(path.read_bytes()[:8], "little") if path.exists() else 0

    def close(self, end: int, kills: dict[str, int]) -> None:
        """End what was under way when the recording ended, or this process's part of it."""
        if self.dropped:
            end = self.now  # nothing is known of it after that
        for call in self.calls.values():
            if call.task and (killed := kills.get(call.task[-ACTOR_ID:])):
                end = min(end, max(killed, self.now))
        for number in list(self._open):
            self._switch(number, end, None)

    def _apply(self, event: list[str]) -> None:
        time, kind, call = int(event[0]), event[1], int(event[3])
        if time < self.now:
            message = f"its clock goes back from {self.now}"
            raise ValueError(message)
        self.now = time
        self.begin = self.begin or time
        stack = self._stacks.setdefault(int(event[2]), [])
        if kind == "start":
            if call in self.calls:
                message = f"call {call} has begun before"
                raise ValueError(message)
            self.calls[call] = Call(
                process=self.pid,
                number=call,
                name=event[6],
                path=event[4],
                task=event[7],
                start=time,
                parent=stack[-1] if stack else None,
            )
            self._open[call] = (RUNNING, time, int(event[5]))
            stack.append(call)
        elif kind == "submit":
            self.submissions.append(Submission(event[4], event[5], time))
        elif kind == "kill":
            self.kills.setdefault(event[4], time)
        elif call:  # 0 is code that was under way before the recording, or not the repository's
            if call not in self._open:
                message = f"call {call} is not under way"
                raise ValueError(message)
            self._step(time, kind, call, event, stack)

    def _step(self, time: int, kind: str, call: int, event: list[str], stack: list[int]) -> None:
        if kind == "line":
            self._switch(call, time, RUNNING, int(event[4]))
        elif kind in ("wait", "waited"):
            for each in stack:  # who called the one that waits does not get on, either
                self._switch(each, time, WAITING if kind == "wait" else RUNNING)
        elif kind == "resume":
            self._switch(call, time, RUNNING)
            stack.append(call)
        elif kind in ("suspend", "return", "unwind"):
            if call in stack:
                stack.remove(call)
            self._switch(call, time, SUSPENDED if kind == "suspend" else None)
            if kind != "suspend":
                self.calls[call].stop = time
        else:
            raise ValueError(kind)

    def _switch(self, call: int, time: int, state: str | None, line: int = 0) -> None:
        """End the span that a call is in and begin the next one, if there is one."""
        was, since, at = self._open.pop(call)
        spans = self.calls[call].spans
        if since < time:
            spans.append(Span(was, since, time, at))
        if state is not None:
            self._open[call] = (state, time, line or at)


def _whole_lines(path: Path) -> Iterator[str]:
    """Yield the complete lines; one that a dying process left unfinished is no event."""
    return iter(path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1])
