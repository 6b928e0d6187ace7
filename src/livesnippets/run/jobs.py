"""The Ray jobs of a test run: each joined before its test, left after it with all its workers."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livesnippets import isolation
from livesnippets.processes import name_of, tell
from livesnippets.run.cluster import Cluster
from livesnippets.run.temporary import TemporaryFolder
from livesnippets.run.worker_lines import WorkerLines
from livesnippets.watch import ray_names
from livesnippets.watch.coroutines import END
from livesnippets.watch.trace import Trace
from livesnippets.watch.worker import recorded, worker_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from livesnippets.settings import Settings

NAME = "livesnippets-ray"
"""A pytest plugin of this name is used in place of a host of the run's own."""
ADDRESS = "address"
"""The file among the traces of a host that tells its guests where the cluster is."""
FOLDER = "LIVESNIPPETS_TRACES"
"""The environment variable that tells a worker of pytest-xdist of the host's folder of traces."""
OF_A_CLUSTER = {"labels", "num_cpus", "num_gpus", "object_store_memory", "resources"}
"""Arguments of ``ray.init`` that describe a new cluster, and that none takes which is there."""
GONE_SECONDS = 20
STACK_SECONDS = 2


class Job:
    """A membership in the cluster, whose workers record into `trace`, with times if `timed`.

    While it lasts, a program may call ``ray.init`` as if it had the machine for itself. It gets
    a job of its own in place of this one, or even a cluster; its workers record in the same way.
    """

    def __init__(
        self, address: str, settings: Settings, trace: Path, *, timed: bool = False
    ) -> None:
        import ray  # noqa: PLC0415 - tests that need no Ray shall not wait for its import

        self.trace = trace
        self._address = address
        record = settings.snippets if timed else ""
        root, shown = settings.root, settings.root / settings.snippets
        self._environment = worker_environment(root, settings.foreign, trace, record, shown)
        self._lines = WorkerLines()
        self._own: Cluster | None = None
        self._init, self._shutdown = ray.init, ray.shutdown
        ray.init = self._join  # type: ignore[assignment] # it takes whatever Ray's takes
        ray.shutdown = self._part
        try:
            self._join(configure_logging=False)
        except BaseException:
            self.leave()
            raise
        self._given = True

    _given = False
    """Whether Ray runs without that the program has asked for it."""

    def _join(self, address: str | None = None, **options: Any) -> object:  # noqa: ANN401 - Ray's
        """Stand in for ``ray.init``, which each first use of Ray calls as well."""
        import ray  # noqa: PLC0415 - see above

        if self._given:
            self.end()
        described = {name: options.pop(name, None) for name in OF_A_CLUSTER}
        wanted = {name: value for name, value in described.items() if value is not None}
        if not ray.is_initialized() and (wanted or address == "local"):
            self._own = Cluster(options=wanted)
            address = self._own.address
        elif address in {None, "auto"}:
            address = self._address
        options["runtime_env"] = recorded(options.get("runtime_env") or {}, self._environment)
        handler = signal.getsignal(signal.SIGTERM)
        context = self._init(address, **options)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, handler)  # Ray's own would end a test, not the run
        self._lines.listen()
        return context

    def _part(self, **options: Any) -> None:  # noqa: ANN401 - Ray's
        """Stand in for ``ray.shutdown``, which would drop what the workers have just printed."""
        self.hear_out()
        self._shutdown(**options)

    @contextlib.contextmanager
    def with_variables(self, variables: Mapping[str, str]) -> Iterator[None]:
        """Let the workers of a program have these variables of the environment, too."""
        if variables:
            self.end()  # the next use of Ray begins a job with them
        own = self._environment
        self._environment = {**variables, **own}
        try:
            yield
        finally:
            self._environment = own

    def workers(self) -> list[int]:
        """Return the ids of the job's worker processes that are still there."""
        return [pid for pid in Trace(self.trace).workers() if name_of(pid)]

    def stacks(self) -> str:
        """Return where each thread, and each coroutine, of each worker stands now."""
        trace = Trace(self.trace)
        workers = self.workers()
        for pid in workers:
            tell(pid, signal.SIGUSR2)
            with contextlib.suppress(OSError):  # it may not listen yet, or no longer
                os.close(os.open(trace.asked(str(pid)), os.O_WRONLY | os.O_NONBLOCK))
        reports = []
        for pid in workers:
            stack = trace.stack(str(pid))
            wait(partial(_ends, stack, END), STACK_SECONDS)
            text = stack.read_text(errors="replace").replace(END, "")
            reports.append(f"worker {pid}:\n{text}")
        return "\n".join(reports) or "the job has no worker"

    def hear_out(self) -> None:
        """Wait until all that the workers have printed has come."""
        import ray  # noqa: PLC0415 - see above

        if ray.is_initialized():
            self._lines.wait(Trace(self.trace).workers())

    def end(self) -> None:
        """Leave Ray as the end of a program does; its next use joins the cluster anew.

        The workers end, by force if they do not by themselves.
        """
        self._given = False
        try:
            _end_detached_actors()
        finally:
            self._shutdown()
        wait(lambda: not self.workers(), GONE_SECONDS)
        for pid in self.workers():
            tell(pid, signal.SIGKILL)
        if self._own is not None:
            self._own.stop()
            self._own = None

    def leave(self) -> None:
        """Leave the cluster for good."""
        import ray  # noqa: PLC0415 - see above

        try:
            self.end()
        finally:  # or the next test's job would be this one
            ray.init, ray.shutdown = self._init, self._shutdown


def _end_detached_actors() -> None:
    """End those of this job: Ray would keep them, and restart them whenever they are killed."""
    import ray  # noqa: PLC0415 - see above
    from ray.util import list_named_actors  # noqa: PLC0415 - see above

    if not ray.is_initialized():  # the test has left the job by itself
        return
    table = importlib.import_module(ray_names.ACTOR_TABLE)
    job = ray.get_runtime_context().get_job_id()
    for name in list_named_actors(all_namespaces=True):
        with contextlib.suppress(ValueError):  # it has ended meanwhile
            actor = ray.get_actor(**name)
            told = table.actors(getattr(actor, ray_names.ACTOR_ID).hex())
            if told[ray_names.IS_DETACHED] and told[ray_names.JOB_ID] == job:
                ray.kill(actor)


def _ends(path: Path, end: str) -> bool:
    return path.read_text(errors="replace").endswith(end)


def wait(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, but no longer than some seconds."""
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
        self._folder = TemporaryFolder("snippets-traces-")
        self.traces = self._folder.path
        self._cluster: Cluster | None = None

    @property
    def address(self) -> str:
        """Where the cluster is, which is started if need be; raises `ClusterError`."""
        if self._cluster is None:
            self._cluster = Cluster(self.traces, options=self.settings.cluster)
            self.warning = isolation.warning()
            (self.traces / ADDRESS).write_text(self._cluster.address)
        return self._cluster.address

    def join(self, trace: Path, *, timed: bool) -> Job:
        """Join the cluster as a new job (see `Job`); raises `ClusterError`."""
        return Job(self.address, self.settings, trace, timed=timed)

    def stop(self) -> None:
        """End the cluster, if there is one."""
        if self._cluster is not None:
            self._cluster.stop()
            self._cluster = None

    def close(self) -> None:
        """Remove what the run left in the folder of traces."""
        self._folder.remove()


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
