"""Record which lines of a repository run, in this process and in Ray workers.

A hit is written the first time that a line runs, by one unbuffered append, so
a process that is killed later has lost nothing. After its first hit a line
costs nothing: ``sys.monitoring`` forgets it until `redirect` asks again.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

TOOL = 4  # sys.monitoring keeps 0, 1, 2 and 5 for debuggers, coverage, profilers, optimizers
ROOT, SKIP, TRACE = "LIVESNIPPETS_ROOT", "LIVESNIPPETS_SKIP", "LIVESNIPPETS_TRACE"
RECORD = "LIVESNIPPETS_RECORD"


class Recorder:
    """Writes ``path<TAB>line`` for each line under `root` that runs.

    Paths are relative to `root`; files under one of `skip` are left alone.
    Raises `ValueError` when another tool holds the monitoring slot.
    """

    def __init__(self, root: Path, skip: Iterable[Path], sink: Path) -> None:
        self.root = f"{root}{os.sep}"
        self.skip = tuple(f"{path}{os.sep}" for path in skip)
        self.descriptor = _append(sink)

    def start(self) -> None:
        """Begin to record, in all threads of this process."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(TOOL, "livesnippets")
        monitoring.register_callback(TOOL, monitoring.events.PY_START, self._enter)
        monitoring.register_callback(TOOL, monitoring.events.LINE, self._line)
        monitoring.set_events(TOOL, monitoring.events.PY_START)

    def redirect(self, sink: Path) -> None:
        """Write to `sink` from now on, and report lines that were seen before again."""
        fresh = _append(sink)
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
        name = code.co_filename
        if name.startswith(self.root) and not name.startswith(self.skip):
            sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
        return sys.monitoring.DISABLE

    def _line(self, code: CodeType, line: int) -> object:
        record = f"{code.co_filename[len(self.root) :]}\t{line}\n"
        os.write(self.descriptor, record.encode(errors="surrogateescape"))
        return sys.monitoring.DISABLE


def start_in_worker() -> None:
    """Record this Ray worker; Ray calls it as the job's ``worker_process_setup_hook``.

    SIGUSR2 makes the worker append the stacks of its threads to ``PID.stack``.
    """
    trace = Path(os.environ[TRACE])
    skip = [Path(path) for path in os.environ[SKIP].split(os.pathsep) if path]
    stacks = (trace / f"{os.getpid()}.stack").open("a")
    faulthandler.register(signal.SIGUSR2, file=stacks, all_threads=True)
    root = Path(os.environ[ROOT])
    recorder = Recorder(root, skip, trace / f"{os.getpid()}.hits")
    recorder.start()
    atexit.register(recorder.stop)  # what runs after that finds modules without their contents
    if part := os.environ[RECORD]:
        from livesnippets.tracer import Tracer  # noqa: PLC0415 - few tests are recorded

        tracer = Tracer(root, part, trace, str(os.getpid()))
        tracer.start()
        atexit.register(tracer.stop)


def worker_environment(
    root: Path, skip: Iterable[Path], trace: Path, record: str
) -> dict[str, str]:
    """Return the environment variables that `start_in_worker` reads.

    `record` is the folder whose code a recording shall log with times, or empty.
    """
    return {
        ROOT: str(root),
        SKIP: os.pathsep.join(map(str, skip)),
        TRACE: str(trace),
        RECORD: record,
    }


def read_hits(trace: Path) -> dict[str, set[int]]:
    """Return the hit lines of each file, from all the processes that wrote to `trace`.

    A record that a dying process left unfinished, without its newline, is no hit.
    """
    hits: dict[str, set[int]] = {}
    for sink in trace.glob("*.hits"):
        complete = sink.read_text(encoding="utf-8", errors="surrogateescape").split("\n")[:-1]
        for record in complete:
            path, _, line = record.rpartition("\t")
            hits.setdefault(path, set()).add(int(line))
    return hits


def _append(sink: Path) -> int:
    return os.open(sink, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
