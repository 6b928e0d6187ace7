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

    @property
    def _logs(self) -> Path | None:
        """The folder of the files that the workers print to, while Ray runs."""
        find = getattr(getattr(self._worker, ray_names.NODE, None), ray_names.LOGS, None)
        return Path(find()) if find else None

    def listen(self) -> None:
        """Count from now on; called after ``ray.init``, for what counts is what Ray has printed.

        What Ray does once in a process it may do once more, for this is another program.
        """
        importlib.import_module("ray.util.debug").reset_log_once(ray_names.DEDUPLICATED)
        logging = importlib.import_module(ray_names.LOGGING_MODULE)
        setattr(logging, ray_names.DEDUPLICATE, _Deduplicate())
        if self._dispatcher is not None:
            self._dispatcher.remove_handler(NAME)
            self._dispatcher.handlers.insert(0, (NAME, self._mend))  # before Ray prints them
            self._dispatcher.add_handler(NAME, self._count)  # and when it has

    def _mend(self, data: dict[str, Any]) -> None:
        """Drop parts of Ray's own lines: read while they are written, they come as others."""
        if self._logs is not None:
            whole = _lines(self._logs, data["pid"])
            data["lines"] = [line for line in data["lines"] if not is_torn(line, whole)]

    def _count(self, data: dict[str, Any]) -> None:
        self.heard[str(data["pid"])] += len(data["lines"])

    def wait(self, workers: Iterable[int]) -> None:
        """Wait until all has come that the workers have printed by now, or `LATE_SECONDS`."""
        if self._dispatcher is None or self._logs is None:
            time.sleep(EXIT_SECONDS)
            return
        printed = {pid: _printed(self._logs, pid) for pid in workers}
        deadline = time.monotonic() + LATE_SECONDS
        while any(self.heard[str(pid)] < lines for pid, lines in printed.items()):
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)  # between two looks


def is_torn(line: str, whole: list[str]) -> bool:
    """Whether what came as a line is a part of one of Ray's own, given all `whole` lines."""
    if line in whole:
        return False
    own = [each for each in whole if each.startswith(ray_names.NO_LINES)]
    return any(each.startswith(line) or each.endswith(line) for each in (*own, *ray_names.NO_LINES))


def _printed(logs: Path, pid: int) -> int:
    """Return how many lines a worker has printed."""
    return sum(not line.startswith(ray_names.NO_LINES) for line in _lines(logs, pid))


def _lines(logs: Path, pid: object) -> list[str]:
    """Return the finished lines of a worker's files."""
    texts = (path.read_text(errors="replace") for path in logs.glob(f"worker-*-{pid}.*"))
    return [line for text in texts for line in text.split("\n")[:-1]]
