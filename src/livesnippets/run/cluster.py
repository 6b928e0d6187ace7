"""One local Ray cluster for a test run, held by a process of its own.

The holder keeps the cluster until its standard input closes. That happens when
its owner stops it and also when its owner dies, however it dies, so a test run
leaves no Ray behind. The holder has a session of its own: a Ctrl-C in the
terminal reaches the tests, which then end the cluster in good order.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from livesnippets.isolation import VARIABLES
from livesnippets.run.forkserver import forked_workers
from livesnippets.run.temporary import MOST_BYTES, for_sockets
from livesnippets.watch import ray_names

RAY_FOLDER = "ray"
"""Open to everybody, for Ray makes it so, in a folder that is open to its owner alone."""
CPUS = 16  # the same on every machine; the actors of a test mostly wait
START_SECONDS, STOP_SECONDS = 120, 30


class ClusterError(Exception):
    """The cluster did not start."""


class Cluster:
    """A running local cluster; `address` is what ``ray.init`` joins.

    The `folders` are removed when it ends, in case that its owner no longer can.
    """

    def __init__(self, *folders: Path) -> None:
        try:
            self.directory = Path(tempfile.mkdtemp(prefix="snippets-", dir=for_sockets()))
        except OSError as error:
            cure = f"set TMPDIR to a folder whose path has at most {MOST_BYTES} bytes"
            raise ClusterError(f"Ray has no place for its sockets ({error}); {cure}") from error
        with tempfile.TemporaryFile(dir=self.directory) as errors:
            self._holder = subprocess.Popen(
                [sys.executable, "-m", "livesnippets.run.cluster", self.directory, *folders],
                env={**os.environ, **VARIABLES},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
            try:
                self.address = self._read_address()
            except (ClusterError, KeyboardInterrupt):
                interrupted = sys.exc_info()[0] is KeyboardInterrupt
                self.stop()
                if interrupted:
                    raise
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip().splitlines()[-3:]
                reason = " / ".join(said) or "no message"
                msg = f"Ray did not start ({reason}); check memory, disk and /dev/shm, try again"
                raise ClusterError(msg) from None

    def _read_address(self) -> str:
        assert self._holder.stdout is not None  # noqa: S101 - it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(self._holder.stdout, selectors.EVENT_READ)
            line = self._holder.stdout.readline() if selector.select(START_SECONDS) else b""
        if not line:
            raise ClusterError
        return str(json.loads(line)["address"])

    @property
    def runs(self) -> bool:
        """Whether the holder and Ray's own two servers are there."""
        names = {name_of(pid) for pid in self._processes()}
        return self._holder.poll() is None and names.issuperset(ray_names.SERVERS)

    def _processes(self) -> list[int]:
        """Return the processes of the cluster that still run."""
        return [pid for pid in session(self._holder.pid) if name_of(pid)]

    def stop(self, patience: float | None = None) -> None:
        """End the cluster with all its processes and files; does nothing the second time.

        After `patience` seconds, or else `STOP_SECONDS`, it is ended by force.
        """
        if self._holder.stdin is not None:
            with contextlib.suppress(OSError):
                self._holder.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._holder.wait(STOP_SECONDS if patience is None else patience)
        deadline = time.monotonic() + STOP_SECONDS
        while (left := self._processes()) and time.monotonic() < deadline:
            for pid in left:  # again and again, for one may have begun another meanwhile
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)  # between two looks
        self._holder.wait()
        if self._holder.stdout is not None:
            self._holder.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def session(leader: int) -> list[int]:
    """Return the processes of the session that `leader` began."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def name_of(pid: int) -> str:
    """Return the name of a process that runs, or an empty text; a zombie does not run."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else process.name()
    except psutil.NoSuchProcess:
        return ""


def hold(directory: Path, *folders: Path) -> None:
    """Start a cluster, print its address as JSON, and end it when standard input closes.

    Then remove `directory`, where the cluster keeps its files, and the other `folders`.
    """
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Ray's own words must not mix with ours
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import ray  # noqa: PLC0415 - the owner of a cluster need not import it

    # Ray starts as many workers at once as there are cores, and complains of some times as many.
    multiprocessing.cpu_count = lambda: CPUS  # `ray_names.CPU_COUNT`, in this process alone
    private: dict[str, Any] = {
        ray_names.TEMP_DIR: str(directory / RAY_FOLDER),
        ray_names.SYSTEM_CONFIG: ray_names.SYSTEM,
    }
    try:
        with forked_workers(directory):
            ray.init(
                address="local",
                num_cpus=CPUS,
                include_dashboard=False,
                log_to_driver=False,
                object_store_memory=100 * 1024**2,
                **private,
            )
            address = ray.get_runtime_context().gcs_address
            print(json.dumps({"address": address}), file=out, flush=True)
            sys.stdin.read()
    finally:
        ray.shutdown()
        for folder in (directory, *folders):
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    hold(*map(Path, sys.argv[1:]))
