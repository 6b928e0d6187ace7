"""Log what the code of a repository does, with times: calls, lines, switches, waits.

Where `lines` asks whether a line ran, this asks when, for the few tests that
are marked for recording.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from livesnippets.watch import ray_names
from livesnippets.watch.trace import DRIVER, count_one, event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import CodeType, FrameType

    from livesnippets.watch.trace import Trace

frame_at = sys._getframe  # noqa: SLF001 - the one way to the frame that an event is about
TOOL = 3
MOST_EVENTS = 20_000


class CallRecorder:
    """Writes at most `MOST_EVENTS` events of `process` into `trace`, and counts the others.

    Watched is the code in the folder `part` of the repository at `root`.
    """

    def __init__(self, root: Path, part: str, trace: Trace, process: str) -> None:
        self.root = f"{root}{os.sep}"
        self.part = f"{root}{os.sep}{part}{os.sep}"
        self.descriptor = trace.open_events(process)
        self.dropped = trace.open_dropped(process)
        self.left = MOST_EVENTS
        self.lock = threading.Lock()
        self.in_worker = process != DRIVER
        self.calls: dict[int, int] = {}
        self.count = 0
        self.watched: dict[CodeType, str] = {}
        self.instrumented: dict[int, CodeType] = {}
        self.callbacks: dict[int, Callable[..., object]] = {}

    def start(self) -> None:
        """Begin to log, in all threads of this process."""
        monitoring, events = sys.monitoring, sys.monitoring.events
        monitoring.use_tool_id(TOOL, "livesnippets-recording")
        self.callbacks = {
            events.PY_START: self._start,
            events.PY_RESUME: lambda code, _offset: self._step("resume", code),
            events.PY_THROW: lambda code, _offset, _error: self._step("resume", code),
            events.PY_YIELD: lambda code, _offset, _value: self._step("suspend", code),
            events.PY_RETURN: self._return,
            events.PY_UNWIND: self._unwind,
            events.LINE: self._line,
        }
        for number, callback in self.callbacks.items():
            monitoring.register_callback(TOOL, number, callback)
        # These three cannot be asked for by code object.
        monitoring.set_events(TOOL, events.PY_START | events.PY_THROW | events.PY_UNWIND)

    def stop(self) -> None:
        """End the log."""
        monitoring = sys.monitoring
        monitoring.set_events(TOOL, 0)
        for code in self.instrumented.values():
            monitoring.set_local_events(TOOL, code, 0)
        for number in self.callbacks:
            monitoring.register_callback(TOOL, number, None)
        monitoring.free_tool_id(TOOL)
        with self.lock:  # another thread may be about to write
            os.close(self.descriptor)
            self.descriptor = -1

    def _start(self, code: CodeType, _offset: int) -> object:
        events = sys.monitoring.events
        inside = events.PY_START | events.PY_RETURN
        if self._is_ours(code):
            inside |= events.LINE | events.PY_YIELD | events.PY_RESUME
            self._instrument(code, inside)
            self._enter(code, frame_at(1))
            return None
        name = _ray_function(code)
        if not name:
            return sys.monitoring.DISABLE
        if name == "begin":
            self._write("begin", 0, _task())
            return None
        self.watched[code] = name
        self._instrument(code, inside)
        if name == "wait":
            self._write("wait", self._caller(frame_at(1)))
        return None

    def _instrument(self, code: CodeType, events: int) -> None:
        if id(code) not in self.instrumented:  # two equal code objects are still two
            self.instrumented[id(code)] = code
            sys.monitoring.set_local_events(TOOL, code, events)

    def _enter(self, code: CodeType, frame: FrameType) -> None:
        with self.lock:
            self.count += 1
            call = self.calls[id(frame)] = self.count
        path = code.co_filename[len(self.root) :]
        task = _task() if self.in_worker else ""
        self._write("start", call, path, code.co_firstlineno, code.co_qualname, task)

    def _step(self, kind: str, code: CodeType) -> None:
        if self._is_ours(code):
            self._write(kind, self.calls.get(id(frame_at(2)), 0))

    def _line(self, _code: CodeType, line: int) -> None:
        self._write("line", self.calls.get(id(frame_at(1)), 0), line)

    def _return(self, code: CodeType, _offset: int, value: object) -> None:
        frame = frame_at(1)
        name = self.watched.get(code)
        if name is None:
            self._write("return", self.calls.pop(id(frame), 0))
        elif name == "submit":
            self._submit(frame, value)
        elif name == "kill":
            self._write("kill", self._caller(frame), _actor(frame.f_locals.get("actor")))
        else:
            self._write("waited", self._caller(frame))

    def _unwind(self, code: CodeType, _offset: int, _error: BaseException) -> None:
        frame = frame_at(1)
        if self._is_ours(code):
            self._write("unwind", self.calls.pop(id(frame), 0))
        elif self.watched.get(code) == "wait":
            self._write("waited", self._caller(frame))

    def _submit(self, frame: FrameType, ref: object) -> None:
        names = frame.f_locals
        actor = names.get("self")
        if ray_names.METHOD_NAME in names:
            kind = getattr(actor, ray_names.ACTOR_CLASS, None)
            target = f"{getattr(kind, ray_names.CLASS_NAME, '?')}.{names[ray_names.METHOD_NAME]}"
        else:
            function = getattr(getattr(actor, ray_names.FUNCTION, None), "__code__", None)
            if function is None or not self._is_ours(function):
                return  # nobody would see it start
            target = getattr(actor, ray_names.FUNCTION_NAME, "?").rpartition(".")[2]
        task = getattr(ref, ray_names.TASK_ID, None)
        if task is not None:
            self._write("submit", self._caller(frame), target, task().hex())

    def _caller(self, frame: FrameType | None) -> int:
        """Return the call of ours that `frame` was called from, however far up."""
        while frame is not None and id(frame) not in self.calls:
            frame = frame.f_back
        return self.calls[id(frame)] if frame is not None else 0

    def _is_ours(self, code: CodeType) -> bool:
        return code.co_filename.startswith(self.part)

    def _write(self, kind: str, call: int, *more: object) -> None:
        with self.lock:
            if self.descriptor < 0:
                return
            if self.left:
                self.left -= 1
                # Read with the lock held, or a thread could overtake a later time.
                now = time.monotonic_ns()
                record = event(now, kind, threading.get_ident(), call, *more)
                os.write(self.descriptor, record)
            else:
                count_one(self.dropped)


def _ray_function(code: CodeType) -> str:
    """Return what a function of Ray's is to a recording, or an empty text."""
    folder, _, name = code.co_filename.rpartition(f"{os.sep}ray{os.sep}")
    if not folder:
        return ""
    if name == ray_names.CALLS_FILE:
        return ray_names.CALLS.get(code.co_qualname, "")
    if name == ray_names.EXECUTOR_FILE:
        return "begin" if code.co_qualname == ray_names.EXECUTOR else ""
    return "submit" if code.co_qualname in ray_names.SUBMITS else ""


def _actor(handle: object) -> str:
    """Return the id of an actor, which is also the end of the ids of its tasks."""
    actor_id = getattr(handle, ray_names.ACTOR_ID, None)
    return "" if actor_id is None else str(actor_id.hex())


def _task() -> str:
    """Return the id of the Ray task that this worker runs now, or an empty text."""
    ray = sys.modules.get("ray")
    return (ray and ray.get_runtime_context().get_task_id()) or ""
