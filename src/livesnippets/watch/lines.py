"""Record which lines of a repository run, and which parts of them, in any process.

A hit is written the first time that a line or an instruction runs, by one
unbuffered append, so a process that is killed later has lost nothing. After
its first hit it costs nothing: ``sys.monitoring`` forgets it until `redirect`
asks again.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import opcode
import os
import sys

from livesnippets.watch.trace import hit, position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import CodeType

    from livesnippets.watch.trace import Trace

    type Position = tuple[int, int, int, int]

TOOL = 4  # sys.monitoring keeps 0, 1, 2 and 5 for debuggers, coverage, profilers, optimizers

RESUME = opcode.opmap["RESUME"]
"""Begins a function, in the line of its head, which is not run again."""
SILENT = frozenset(
    code
    for name, code in opcode.opmap.items()
    if "JUMP" in name or name in {"CACHE", "EXTENDED_ARG", "NOT_TAKEN"}
)
"""Instructions that may stand where nothing runs: an ``if`` that fails jumps at what it guards."""


class LineRecorder:
    """Writes each line under `root` that runs in `process` into `trace`.

    Under `parts` it also writes where each instruction stands that runs.

    Paths are relative to `root`; files under one of `omit` are left alone.
    Raises `ValueError` when another tool holds the monitoring slot.
    """

    def __init__(
        self, root: Path, omit: Iterable[Path], trace: Trace, process: str, parts: Path
    ) -> None:
        self.root = f"{root}{os.sep}"
        self.omit = tuple(f"{path}{os.sep}" for path in omit)
        self.parts = f"{parts}{os.sep}"
        self.process = process
        self.descriptor = trace.open_hits(process)
        self.positions = trace.open_positions(process)
        self._codes: dict[int, _Code] = {}
        self._told: set[tuple[str, int | Position]] = set()

    def start(self) -> None:
        """Begin to record, in all threads of this process."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "livesnippets")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self._enter)
        monitoring.register_callback(TOOL, monitoring.events.LINE, self._line)
        monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, self._instruction)
        monitoring.set_events(TOOL, monitoring.events.PY_START)

    def redirect(self, trace: Trace) -> None:
        """Write into `trace` from now on, and report lines that were seen before again."""
        for fresh, descriptor in (
            (trace.open_hits(self.process), self.descriptor),
            (trace.open_positions(self.process), self.positions),
        ):
            os.dup2(fresh, descriptor, inheritable=False)  # other threads write meanwhile
            os.close(fresh)
        self._told = set()
        sys.monitoring.restart_events()

    def stop(self) -> None:
        """End the recording and give the monitoring slot back.

        The files stay open: another thread may be about to write to them.
        """
        monitoring, events = sys.monitoring, sys.monitoring.events
        monitoring.set_events(TOOL, 0)
        for event in (events.PY_START, events.LINE, events.INSTRUCTION):
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)

    def _enter(self, code: CodeType, _offset: int) -> object:
        """Watch a code object of ours; never hear of any other one again.

        Lines and instructions are not asked for together: Python 3.12 to 3.14 would then leave out
        the event of the instruction that a line begins with.
        """
        name = code.co_filename
        if self._is_ours(name):
            events = sys.monitoring.events
            event = events.INSTRUCTION if name.startswith(self.parts) else events.LINE
            sys.monitoring.set_local_events(TOOL, code, event)
        return sys.monitoring.DISABLE

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self.root) and not name.startswith(self.omit)

    def _line(self, code: CodeType, line: int) -> object:
        return self._ran(code, line, None)

    def _instruction(self, code: CodeType, offset: int) -> object:
        known = self._codes.get(id(code)) or self._codes.setdefault(id(code), _Code(code))
        return self._ran(code, known.lines[offset // 2], known.positions[offset // 2])

    def _ran(self, code: CodeType, line: int | None, place: Position | None) -> object:
        path = code.co_filename[len(self.root) :]
        if line and (path, line) not in self._told:
            os.write(self.descriptor, hit(path, line))
            self._told.add((path, line))  # afterwards: it may fail where the stack is full
        if place and (path, place) not in self._told:
            os.write(self.positions, position(path, place))
            self._told.add((path, place))
        return sys.monitoring.DISABLE


class _Code:
    """Where the instructions of a code object stand."""

    def __init__(self, code: CodeType) -> None:
        self.code = code  # kept, so that no other one gets its id
        self.lines = lines(code)
        self.positions = positions(code)


def lines(code: CodeType) -> list[int | None]:
    """Return the line of each instruction, or None if it says nothing of its line."""
    told = zip(code.co_code[::2], code.co_positions(), strict=True)
    return [None if operation == RESUME else place[0] for operation, place in told]


def positions(code: CodeType) -> list[Position | None]:
    """Return where each instruction stands, or None if it has no place, or says nothing of it.

    A place is a line and a column, and those of the end, as `ast` counts.
    """
    found: list[Position | None] = []
    for operation, place in zip(code.co_code[::2], code.co_positions(), strict=True):
        match place:
            case (int(line), int(end_line), int(column), int(end)) if operation not in SILENT:
                found.append((line, column, end_line, end))
            case _:
                found.append(None)
    return found
