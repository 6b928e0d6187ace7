"""One test's Ray job: joined before the test, left after it, with all its workers."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

from livesnippets import recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from livesnippets.settings import Settings

GONE_SECONDS = 20
STACK_SECONDS = 2


class Job:
    """A membership in the cluster, whose workers record into `trace`.

    They record with times if `timed`; what they print comes to the driver if `heard`.
    """

    def __init__(
        self,
        address: str,
        settings: Settings,
        trace: Path,
        *,
        timed: bool = False,
        heard: bool = False,
    ) -> None:
        import ray  # noqa: PLC0415 - tests that need no Ray shall not wait for its import

        self.trace = trace
        record = settings.snippets if timed else ""
        environment = recorder.worker_environment(settings.root, settings.foreign, trace, record)
        handler = signal.getsignal(signal.SIGTERM)
        ray.init(
            address=address,
            configure_logging=False,
            log_to_driver=heard,
            runtime_env={
                "worker_process_setup_hook": "livesnippets.recorder.start_in_worker",
                "env_vars": environment,
            },
        )
        signal.signal(signal.SIGTERM, handler)  # Ray's own would end a test, not the run

    def workers(self) -> list[int]:
        """Return the ids of the job's worker processes that are still there."""
        known = (int(sink.stem) for sink in self.trace.glob("*.hits") if sink.stem.isdigit())
        return [pid for pid in known if _runs(pid)]

    def stacks(self) -> str:
        """Return where each thread of each worker stands now."""
        workers = self.workers()
        for pid in workers:
            os.kill(pid, signal.SIGUSR2)
        reports = []
        for pid in workers:
            stack = self.trace / f"{pid}.stack"
            _wait(partial(_has_content, stack), STACK_SECONDS)
            reports.append(f"worker {pid}:\n{stack.read_text(errors='replace')}")
        return "\n".join(reports) or "the job has no worker"

    def leave(self) -> None:
        """Leave the cluster; its workers end, by force if they do not by themselves."""
        import ray  # noqa: PLC0415 - see above

        ray.shutdown()
        _wait(lambda: not self.workers(), GONE_SECONDS)
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)


def _has_content(path: Path) -> bool:
    return path.stat().st_size > 0


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - a path object costs more
            return stat.read().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
