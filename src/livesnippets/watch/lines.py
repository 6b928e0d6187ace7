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
    """Writes what runs under `root` in `process` into `trace`: each line, each instruction's place.

    Paths are relative to `root`; files under one of `omit` are left alone.
    Raises `ValueError` when another tool holds the monitoring slot.
    """

    def __init__(self, root: Path, omit: Iterable[Path], trace: Trace, process: str) -> None:
        self.root = f"{root}{os.sep}"
        self.omit = tuple(f"{path}{os.sep}" for path in omit)
        self.process = process
        self.descriptor = trace.open_hits(process)
        self.positions = trace.open_positions(process)
        self._seen: dict[int, _Seen] = {}

    def start(self) -> None:
        """Begin to record, in all threads of this process."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "livesnippets")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self._enter)
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
        self._seen.clear()
        sys.monitoring.restart_events()

    def stop(self) -> None:
        """End the recording and give the monitoring slot back.

        The files stay open: another thread may be about to write to them.
        """
        monitoring, events = sys.monitoring, sys.monitoring.events
        monitoring.set_events(TOOL, 0)
        for event in (events.PY_START, events.INSTRUCTION):
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)

    def _enter(self, code: CodeType, _offset: int) -> object:
        """Watch a code object of ours; never hear of any other one again.

        No event of a line is asked for: Python 3.12 to 3.14 would then leave out the event of the
        instruction that the line begins with.
        """
        if self._is_ours(code.co_filename):
            sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.INSTRUCTION)
        return sys.monitoring.DISABLE

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self.root) and not name.startswith(self.omit)

    def _instruction(self, code: CodeType, offset: int) -> object:
        seen, line, place = self._at(code, offset)
        path = code.co_filename[len(self.root) :]
        if line and line not in seen.told:
            seen.told.add(line)
            os.write(self.descriptor, hit(path, line))
        if place and place not in seen.told:
            seen.told.add(place)
            os.write(self.positions, position(path, place))
        return sys.monitoring.DISABLE

    def _at(self, code: CodeType, offset: int) -> tuple[_Seen, int | None, Position | None]:
        """Return what is known of a code object, and of one of its instructions."""
        seen = self._seen.get(id(code)) or self._seen.setdefault(id(code), _Seen(code))
        return seen, seen.lines[offset // 2], seen.positions[offset // 2]


class _Seen:
    """What a code object has told so far, of what it can tell."""

    def __init__(self, code: CodeType) -> None:
        self.code = code  # kept, so that no other one gets its id
        self.lines = lines(code)
        self.positions = positions(code)
        self.told: set[int | Position] = set()


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
