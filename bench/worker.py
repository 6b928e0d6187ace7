"""Start a Ray worker of a test with or without the lines."""

from __future__ import annotations

import os

from livesnippets.watch import worker
from livesnippets.watch.files import FileWatch
from livesnippets.watch.lines import LineRecorder

RECORDED = "BENCH_RECORDED"


def _do_nothing(_recorder: LineRecorder | FileWatch) -> None:
    """Stand in for the start of a recorder."""


def start() -> None:
    """Do all that a worker of a test does, but record only if the test is to be recorded."""
    if os.environ[RECORDED] != "True":
        for recorder in (LineRecorder, FileWatch):
            setattr(recorder, "start", _do_nothing)  # noqa: B010 - types forbid the plain way
    worker.start_in_worker()
