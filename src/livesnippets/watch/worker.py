"""Begin to record in a Ray worker, as its job has asked for.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import pkgutil
import signal
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from livesnippets.watch import coroutines
from livesnippets.watch.files import FileWatch
from livesnippets.watch.lines import LineRecorder
from livesnippets.watch.trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


ROOT, OMIT, TRACE = "LIVESNIPPETS_ROOT", "LIVESNIPPETS_OMIT", "LIVESNIPPETS_TRACE"
RECORD, PARTS = "LIVESNIPPETS_RECORD", "LIVESNIPPETS_PARTS"
HOOK = "worker_process_setup_hook"
"""What Ray calls a function that each worker of a job runs first."""


def start_in_worker() -> None:
    """Record this Ray worker; Ray calls it as the job's ``worker_process_setup_hook``.

    SIGUSR2 makes the worker append the stacks of its threads to its trace; what opens its FIFO
    has it append its coroutines.
    """
    trace, process = Trace(Path(_unquoted(os.environ[TRACE]))), str(os.getpid())
    omit = [Path(_unquoted(path)) for path in os.environ[OMIT].split(os.pathsep) if path]
    stacks = trace.stack(process).open("a")
    faulthandler.register(signal.SIGUSR2, file=stacks, all_threads=True)
    os.mkfifo(trace.asked(process))
    coroutines.answer(trace.asked(process), stacks)
    root = Path(_unquoted(os.environ[ROOT]))
    files = FileWatch(root, omit, trace.note(process))
    files.start()
    atexit.register(files.stop)
    recorder = LineRecorder(root, omit, trace, process, Path(_unquoted(os.environ[PARTS])))
    recorder.start()
    atexit.register(recorder.stop)  # what runs after that finds modules without their contents
    if part := _unquoted(os.environ[RECORD]):
        from livesnippets.watch.calls import CallRecorder  # noqa: PLC0415 - few tests are recorded

        tracer = CallRecorder(root, part, trace, process)
        tracer.start()
        atexit.register(tracer.stop)


def worker_environment(
    root: Path, omit: Iterable[Path], trace: Path, record: str, parts: Path
) -> dict[str, str]:
    """Return the environment variables that `start_in_worker` reads.

    `record` is the folder whose code a recording shall log with times, or empty; `parts` the one
    of whose lines also the parts are recorded. They are quoted: Ray replaces names after a dollar
    sign.
    """
    return {
        ROOT: _quoted(root),
        OMIT: os.pathsep.join(_quoted(path) for path in omit),
        TRACE: _quoted(trace),
        RECORD: _quoted(record),
        PARTS: _quoted(parts),
    }


def _quoted(path: Path | str) -> str:
    return quote(os.fsencode(path))


def _unquoted(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text))


def recorded(runtime_env: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a job's runtime environment, and in it what `worker_environment` says.

    A hook of the job's own runs as well.
    """
    theirs = runtime_env.get(HOOK)
    return {
        **runtime_env,
        "env_vars": {**runtime_env.get("env_vars", {}), **environment},
        HOOK: _start_before(theirs) if theirs else f"{__name__}.{start_in_worker.__name__}",
    }


def _start_before(theirs: str | Callable[[], object]) -> Callable[[], None]:
    def both() -> None:
        start_in_worker()
        hook = pkgutil.resolve_name(theirs) if isinstance(theirs, str) else theirs
        hook()

    return both
