"""Turn the events of a trace into a recording: calls, each a row of spans."""

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
from livesnippets.watch.ray_names import ACTOR_ID_DIGITS, NO_ACTOR
from livesnippets.watch.trace import DRIVER, Event

if TYPE_CHECKING:
    from livesnippets.watch.trace import Trace


def read(trace: Trace) -> Recording:
    """Read what every process has recorded so far; raises `RecordingError`."""
    readers = [_Process(trace, process) for process in trace.recorded()]
    calls = sorted((call for each in readers for call in each.calls.values()), key=_by_start)
    kills = {actor: time for each in readers for actor, time in each.kills.items()}
    if not calls:
        message = "recorded no call; does the test run code of the repository?"
        raise RecordingError(message)
    end = max(each.now for each in readers)
    for each in readers:
        each.close(end, kills)
    return Recording(
        calls=calls,
        submissions=_known(readers),
        begin=min(each.begin for each in readers if each.calls),
        end=end,
        dropped={each.pid: each.dropped for each in readers if each.dropped},
        names={each.pid: each.name for each in readers},
    )


def _known(readers: list[_Process]) -> list[Submission]:
    """Return the submissions, in order, of which it is known whether the repository's code ran.

    Others ran code that is not watched, or may have begun unseen: in a process whose record has
    an end before its own, or that has none.
    """
    started = {call.task for each in readers for call in each.calls.values()}
    begun = {task for each in readers for task in each.begun}
    seen = set(map(_actor, begun))
    unsure = {_actor(task) for each in readers if each.dropped for task in each.tasks}

    def is_known(task: str) -> bool:
        actor = _actor(task)
        would_be_seen = actor in seen or actor.startswith(NO_ACTOR)
        return task in started or (task not in begun and would_be_seen and actor not in unsure)

    found = (submission for each in readers for submission in each.submissions)
    return sorted((each for each in found if is_known(each.task)), key=lambda each: each.at)


def _actor(task: str) -> str:
    """Return the id of the actor that a task is of."""
    return task[-ACTOR_ID_DIGITS:]


def _by_start(call: Call) -> tuple[int, int]:
    return call.start, call.number


class _Process:
    """Replays the events of one process."""

    def __init__(self, trace: Trace, process: str) -> None:
        self.process = process
        self.pid = 0 if process == DRIVER else int(process)
        self.dropped = trace.dropped(process)
        """How many events there was no room for."""
        self.calls: dict[int, Call] = {}
        self.submissions: list[Submission] = []
        self.begun: set[str] = set()
        """The tasks of actors that have begun, whosever code they run."""
        self.kills: dict[str, int] = {}
        """When this process killed an actor, by the actor's id."""
        self.begin = self.now = 0
        self._open: dict[int, tuple[str, int, int]] = {}
        """The span that each unfinished call is in: its state, start and line."""
        self._stacks: dict[int, list[int]] = {}
        """The calls on each thread, the innermost last."""
        for place, record in trace.events(process):
            try:
                self._apply(Event.of(record))
            except ValueError as error:
                message = (
                    f"{place}: {record[:60]!r} is no event that can follow ({error}); "
                    "run the test again"
                )
                raise RecordingError(message) from error

    @property
    def tasks(self) -> set[str]:
        """The tasks that have begun here, as far as is known."""
        return self.begun | {call.task for call in self.calls.values()}

    @property
    def name(self) -> str:
        """The class whose method ran first in a worker; ``driver`` for the test itself."""
        if self.process == DRIVER:
            return DRIVER
        importing: set[int | None] = set()  # also the bodies of the module's classes
        for call in self.calls.values():
            if call.name != "<module>" and call.parent not in importing:
                return call.name.partition(".")[0]
            importing.add(call.number)
        return "worker"

    def close(self, end: int, kills: dict[str, int]) -> None:
        """End what was under way when the recording ended, or this process's part of it."""
        if self.dropped:
            end = self.now  # nothing is known of it after that
        for call in self.calls.values():
            if call.task and (killed := kills.get(_actor(call.task))):
                end = min(end, max(killed, self.now))
        for number in list(self._open):
            self._switch(number, end, None)

    def _apply(self, event: Event) -> None:
        time, kind, thread, call, more = event
        if time < self.now:
            message = f"its clock goes back from {self.now}"
            raise ValueError(message)
        self.now = time
        self.begin = self.begin or time
        stack = self._stacks.setdefault(thread, [])
        if kind == "start":
            if call in self.calls:
                message = f"call {call} has begun before"
                raise ValueError(message)
            path, line, name, task = more
            self.calls[call] = Call(
                process=self.pid,
                number=call,
                name=name,
                path=path,
                task=task,
                start=time,
                parent=stack[-1] if stack else None,
            )
            self._open[call] = (RUNNING, time, int(line))
            stack.append(call)
        elif kind == "submit":
            target, task = more
            self.submissions.append(Submission(target, task, time))
        elif kind == "begin":
            (task,) = more
            self.begun.add(task)
        elif kind == "kill":
            (actor,) = more
            self.kills.setdefault(actor, time)
        elif call:  # 0 is code that was under way before the recording, or not the repository's
            if call not in self._open:
                message = f"call {call} is not under way"
                raise ValueError(message)
            self._step(event, stack)

    def _step(self, event: Event, stack: list[int]) -> None:
        time, kind, _, call, more = event
        if kind == "line":
            (line,) = more
            self._switch(call, time, RUNNING, int(line))
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
