"""Record which lines of a repository run, in this process and in Ray workers.

A hit is written the first time that a line runs, by one unbuffered append, so
a process that is killed later has lost nothing. After its first hit a line
costs nothing: ``sys.monitoring`` forgets it until `redirect` asks again.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import os
import sys

from livesnippets.watch.trace import hit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import CodeType

    from livesnippets.watch.trace import Trace

TOOL = 4  # sys.monitoring keeps 0, 1, 2 and 5 for debuggers, coverage, profilers, optimizers


class LineRecorder:
    """Writes a hit of `process` into `trace` for each line under `root` that runs.

    Paths are relative to `root`; files under one of `omit` are left alone.
    Raises `ValueError` when another tool holds the monitoring slot.
    """

    def __init__(self, root: Path, omit: Iterable[Path], trace: Trace, process: str) -> None:
        self.root = f"{root}{os.sep}"
        self.omit = tuple(f"{path}{os.sep}" for path in omit)
        self.process = process
        self.descriptor = trace.open_hits(process)

    def start(self) -> None:
        """Begin to record, in all threads of this process."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "livesnippets")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self._enter)
        monitoring.register_callback(TOOL, monitoring.events.LINE, self._line)
        monitoring.set_events(TOOL, monitoring.events.PY_START)

    def redirect(self, trace: Trace) -> None:
        """Write into `trace` from now on, and report lines that were seen before again."""
        fresh = trace.open_hits(self.process)
        os.dup2(fresh, self.descriptor, inheritable=False)  # other threads write meanwhile
        os.close(fresh)
        sys.monitoring.restart_events()

    def stop(self) -> None:
        """End the recording and give the monitoring slot back.

        The file stays open: another thread may be about to write to it.
        """
        monitoring = sys.monitoring
        monitoring.set_events(TOOL, 0)
        for event in (monitoring.events.PY_START, monitoring.events.LINE):
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)

    def _enter(self, code: CodeType, _offset: int) -> object:
        """Watch the lines of a code object of ours; never hear of any other one again."""
        if self._is_ours(code.co_filename):
            sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
        return sys.monitoring.DISABLE

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self.root) and not name.startswith(self.omit)

    def _line(self, code: CodeType, line: int) -> object:
        os.write(self.descriptor, hit(code.co_filename[len(self.root) :], line))
        return sys.monitoring.DISABLE
