"""The Ray jobs of a test run: each joined before its test, left after it with all its workers."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from livesnippets import isolation
from livesnippets.run.cluster import Cluster
from livesnippets.run.keeper import name_of
from livesnippets.watch.coroutines import END
from livesnippets.watch.trace import Trace
from livesnippets.watch.worker import worker_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.settings import Settings

NAME = "livesnippets-ray"
"""A pytest plugin of this name is used in place of a host of the run's own."""
ADDRESS = "address"
"""The file among the traces of a host that tells its guests where the cluster is."""
FOLDER = "LIVESNIPPETS_TRACES"
"""The environment variable that tells a worker of pytest-xdist of the host's folder of traces."""
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
        environment = worker_environment(settings.root, settings.foreign, trace, record)
        handler = signal.getsignal(signal.SIGTERM)
        ray.init(
            address=address,
            configure_logging=False,
            log_to_driver=heard,
            runtime_env={
                "worker_process_setup_hook": "livesnippets.watch.worker.start_in_worker",
                "env_vars": environment,
            },
        )
        signal.signal(signal.SIGTERM, handler)  # Ray's own would end a test, not the run

    def workers(self) -> list[int]:
        """Return the ids of the job's worker processes that are still there."""
        return [pid for pid in Trace(self.trace).workers() if name_of(pid)]

    def stacks(self) -> str:
        """Return where each thread, and each coroutine, of each worker stands now."""
        trace = Trace(self.trace)
        workers = self.workers()
        for pid in workers:
            os.kill(pid, signal.SIGUSR2)
            with contextlib.suppress(OSError):  # it may not listen yet, or no longer
                os.close(os.open(trace.asked(str(pid)), os.O_WRONLY | os.O_NONBLOCK))
        reports = []
        for pid in workers:
            stack = trace.stack(str(pid))
            _wait(partial(_ends, stack, END), STACK_SECONDS)
            text = stack.read_text(errors="replace").replace(END, "")
            reports.append(f"worker {pid}:\n{text}")
        return "\n".join(reports) or "the job has no worker"

    def leave(self) -> None:
        """Leave the cluster; its workers end, by force if they do not by themselves."""
        import ray  # noqa: PLC0415 - see above

        ray.shutdown()
        _wait(lambda: not self.workers(), GONE_SECONDS)
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)


def _ends(path: Path, end: str) -> bool:
    return path.read_text(errors="replace").endswith(end)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def host(settings: Settings) -> Host:
    """Return the host of this process: a guest, if it is a worker of pytest-xdist."""
    if folder := os.environ.pop(FOLDER, None):  # a pytest that a test starts is on its own
        return Guest(settings, Path(folder) / os.environ["PYTEST_XDIST_WORKER"])
    return Host(settings)


class Host:
    """The cluster of one test run, started for the first test that needs it."""

    warning = ""
    """What there is to say of the cluster, see `isolation.warning`."""

    def __init__(self, settings: Settings) -> None:
        os.environ.update(isolation.VARIABLES)
        self.settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="snippets-traces-")
        self.traces = Path(self._folder.name)
        self._cluster: Cluster | None = None

    @property
    def address(self) -> str:
        """Where the cluster is, which is started if need be; raises `ClusterError`."""
        if self._cluster is None:
            self._cluster = Cluster(self.traces, options=self.settings.cluster)
            self.warning = isolation.warning()
            (self.traces / ADDRESS).write_text(self._cluster.address)
        return self._cluster.address

    def join(self, trace: Path, *, timed: bool, heard: bool) -> Job:
        """Join the cluster as a new job (see `Job`); raises `ClusterError`."""
        return Job(self.address, self.settings, trace, timed=timed, heard=heard)

    def stop(self) -> None:
        """End the cluster, if there is one."""
        if self._cluster is not None:
            self._cluster.stop()
            self._cluster = None

    def close(self) -> None:
        """Remove what the run left in the folder of traces."""
        self._folder.cleanup()


class Guest(Host):
    """A part in the cluster of another process; its `traces` lie in a folder of the host's."""

    def __init__(self, settings: Settings, traces: Path) -> None:
        self.settings = settings
        self.traces = traces

    @property
    def address(self) -> str:
        """Where the cluster is: it runs before a guest gets a test."""
        return (self.traces.parent / ADDRESS).read_text()

    def stop(self) -> None:
        """Do nothing: the cluster is the host's."""

    def close(self) -> None:
        """Remove the traces."""
        shutil.rmtree(self.traces, ignore_errors=True)
