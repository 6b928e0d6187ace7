"""Know when all that Ray's workers have printed has come to the driver."""

from __future__ import annotations

import importlib
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livesnippets.watch import ray_names

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "livesnippets"
LATE_SECONDS = 30
EXIT_SECONDS = 0.5
"""How long Ray waits for such lines when Python exits."""


class _Deduplicate:
    """What the environment says now, where Ray has what it said when Ray was imported."""

    def __bool__(self) -> bool:
        return os.environ.get(ray_names.DEDUPLICATE, "1").lower() in {"1", "true"}


class WorkerLines:
    """Counts the lines of each worker, to compare them with the files that workers print to."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self._worker = importlib.import_module(ray_names.WORKER_MODULE)

    @property
    def _dispatcher(self) -> Any:  # noqa: ANN401 - Ray has no name for its type
        return getattr(self._worker, ray_names.DISPATCHER, None)

    def listen(self) -> None:
        """Count from now on; called after ``ray.init``, for what counts is what Ray has printed.

        What Ray does once in a process it may do once more, for this is another program.
        """
        importlib.import_module("ray.util.debug").reset_log_once(ray_names.DEDUPLICATED)
        logging = importlib.import_module(ray_names.LOGGING_MODULE)
        setattr(logging, ray_names.DEDUPLICATE, _Deduplicate())
        if self._dispatcher is not None:
            self._dispatcher.remove_handler(NAME)
            self._dispatcher.add_handler(NAME, self._count)

    def _count(self, data: dict[str, Any]) -> None:
        self.heard[str(data["pid"])] += len(data["lines"])

    def wait(self, workers: Iterable[int]) -> None:
        """Wait until all has come that the workers have printed by now, or `LATE_SECONDS`."""
        node = getattr(self._worker, ray_names.NODE, None)
        if self._dispatcher is None or not hasattr(node, ray_names.LOGS):
            time.sleep(EXIT_SECONDS)
            return
        logs = Path(getattr(node, ray_names.LOGS)())
        printed = {pid: _printed(logs, pid) for pid in workers}
        deadline = time.monotonic() + LATE_SECONDS
        while any(self.heard[str(pid)] < lines for pid, lines in printed.items()):
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)  # between two looks


def _printed(logs: Path, pid: int) -> int:
    """Return how many lines a worker has printed."""
    lines = 0
    for path in logs.glob(f"worker-*-{pid}.*"):
        text = path.read_text(errors="replace").split("\n")[:-1]
        lines += sum(not line.startswith(ray_names.NO_LINES) for line in text)
    return lines
