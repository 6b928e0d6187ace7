"""One local Ray cluster for a test run, in a process that holds it and has a keeper.

The holder ends the cluster in good order when its standard input closes. Where it
cannot, because Ray hangs at its start or the machine is busy, the keeper ends it.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from livesnippets.isolation import VARIABLES
from livesnippets.processes import kill_session, name_of, session
from livesnippets.run import keeper
from livesnippets.run.forkserver import forked_workers
from livesnippets.run.temporary import MOST_BYTES, for_sockets
from livesnippets.settings import Settings
from livesnippets.watch import ray_names

RAY_FOLDER = "ray"
"""Open to everybody, for Ray makes it so, in a folder that is open to its owner alone."""
START_SECONDS = 120
STOP_SECONDS = keeper.PATIENCE + 4
"""The keeper's own limit, and some time for the keeper."""


class ClusterError(Exception):
    """The cluster did not start."""


class Cluster:
    """A running local cluster; `address` is what ``ray.init`` joins.

    The `options` are arguments of ``ray.init``, or else what the settings have. The `folders` are
    removed when the cluster ends, in case that its owner no longer can. Raises `ClusterError`.
    """

    def __init__(self, *folders: Path, options: dict[str, Any] | None = None) -> None:
        _look_for_loopback()
        try:
            self.directory = Path(tempfile.mkdtemp(prefix="snippets-", dir=for_sockets()))
        except OSError as error:
            cure = f"set TMPDIR to a folder whose path has at most {MOST_BYTES} bytes"
            raise ClusterError(f"Ray has no place for its sockets ({error}); {cure}") from error
        wanted = json.dumps(Settings(Path()).cluster if options is None else options)
        holder = [sys.executable, "-m", __name__, str(self.directory), wanted]
        with tempfile.TemporaryFile(dir=self.directory) as errors:
            self._keeper = keeper.start(
                holder,
                [self.directory, *folders],
                env={**os.environ, **VARIABLES},
                stdout=subprocess.PIPE,
                stderr=errors,
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
                reason = " / ".join(said) or f"no word in {START_SECONDS} s"
                msg = f"Ray did not start ({reason}); check memory, disk and /dev/shm, try again"
                raise ClusterError(msg) from None

    def _read_address(self) -> str:
        assert self._keeper.stdout is not None  # noqa: S101 - it is a pipe
        with selectors.DefaultSelector() as selector:
            selector.register(self._keeper.stdout, selectors.EVENT_READ)
            line = self._keeper.stdout.readline() if selector.select(START_SECONDS) else b""
        if not line:
            raise ClusterError
        return str(json.loads(line)["address"])

    @property
    def runs(self) -> bool:
        """Whether the keeper and Ray's own two servers are there."""
        names = {name_of(pid) for pid in session(self._keeper.pid)}
        return self._keeper.poll() is None and names.issuperset(ray_names.SERVERS)

    def stop(self, patience: float | None = None) -> None:
        """End the cluster with all its processes and files; does nothing the second time.

        After `patience` seconds, or else when the keeper should have, it is ended by force.
        """
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()  # before all else: whatever interrupts this, the keeper acts
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._keeper.wait(STOP_SECONDS if patience is None else patience)
        kill_session(self._keeper.pid)
        self._keeper.wait()
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def _look_for_loopback() -> None:
    """Raise `ClusterError` where Ray's servers would wait for each other in vain."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=5).close()
    except OSError as error:
        message = f"Ray cannot use 127.0.0.1 ({error}); bring it up: ip link set lo up"
        raise ClusterError(message) from error


def hold(directory: Path, options: dict[str, Any]) -> None:
    """Start a cluster, print its address as JSON, and end it when standard input closes.

    Its files are in `directory`; the `options` are arguments of ``ray.init``.
    """
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Ray's own words must not mix with ours
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import ray  # noqa: PLC0415 - the owner of a cluster need not import it

    # Ray starts as many workers at once as there are cores, and complains of some times as many.
    if at_once := options.get("num_cpus"):
        multiprocessing.cpu_count = lambda: at_once  # `ray_names.CPU_COUNT`, in this process alone
    private: dict[str, Any] = {
        ray_names.TEMP_DIR: str(directory / RAY_FOLDER),
        ray_names.SYSTEM_CONFIG: ray_names.SYSTEM | options.pop(ray_names.SYSTEM_CONFIG, {}),
    }
    try:
        with forked_workers(directory):
            ray.init(
                address="local", include_dashboard=False, log_to_driver=False, **options, **private
            )
            address = ray.get_runtime_context().gcs_address
            print(json.dumps({"address": address}), file=out, flush=True)
            sys.stdin.read()
    finally:
        ray.shutdown()


if __name__ == "__main__":
    hold(Path(sys.argv[1]), json.loads(sys.argv[2]))
