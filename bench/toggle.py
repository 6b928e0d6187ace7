"""A pytest plugin that runs each test again and again, recorded and not recorded in turns.

It takes the tests that pass without the recorder, and writes what each run of a test cost, as a
line of JSON, to the file named by `LOG`. Both kinds of run happen in one process and on one
cluster, one right after the other, so that whatever else slows a machine slows both.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from bench.worker import RECORDED
from livesnippets.watch.lines import TOOL

if TYPE_CHECKING:
    from collections.abc import Generator

LOG, ROUNDS = "BENCH_LOG", "BENCH_ROUNDS"
NEED_THE_RECORDER = ("never_reached", "recording")
HOOK = "livesnippets.watch.worker.start_in_worker"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test twice a round, the other kind first in each second round."""
    runs = range(2 * int(os.environ[ROUNDS]))
    kinds = [f"{number // 2}-{number % 4 in (0, 3)}" for number in runs]
    metafunc.fixturenames.append("bench_run")
    metafunc.parametrize("bench_run", kinds)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests that ask the recorder for something."""
    items[:] = [
        item
        for item in items
        if not any(map(item.get_closest_marker, NEED_THE_RECORDER))
        and "recorded" not in getattr(item, "fixturenames", ())
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Come after the plugin that records, so as to measure what it does before each test."""
    config.pluginmanager.register(Toggle(config), "bench-toggle")


class Toggle:
    """Turns the recorder on and off, in the driver and in the workers, and measures."""

    def __init__(self, config: pytest.Config) -> None:
        run: Any = config.pluginmanager.get_plugin("livesnippets-run")
        self.run = run
        self.recorder = run.recorder
        self.redirect = self.recorder.redirect
        self.log = Path(os.environ[LOG])
        self.workers = 0.0
        self.recorded = True
        import ray  # noqa: PLC0415 - the plugin that records says first how Ray is to start

        self.ray = ray
        self.init = ray.init
        ray.init = self._init  # the same, with another hook

    def _init(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Ray's
        environment = options.get("runtime_env", {})
        if environment.get("worker_process_setup_hook") == HOOK:
            environment["worker_process_setup_hook"] = "bench.worker.start"
            environment["env_vars"][RECORDED] = str(self.recorded)
        return self.init(*arguments, **options)

    def _switch(self, *, on: bool) -> None:
        """Turn the driver's recorder on or off, as if it had never been there."""
        self.recorded = on
        events = sys.monitoring.events
        for event, callback in (
            (events.PY_START, self.recorder._enter),  # noqa: SLF001 - there is no other switch
            (events.LINE, self.recorder._line),  # noqa: SLF001 - the same
            (events.INSTRUCTION, self.recorder._instruction),  # noqa: SLF001 - the same
        ):
            sys.monitoring.register_callback(TOOL, event, callback if on else None)
        sys.monitoring.set_events(TOOL, events.PY_START if on else 0)
        self.recorder.redirect = self.redirect if on else lambda _sink: None
        self.recorder._watch.active = on  # noqa: SLF001 - as above

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure a test with all that is done before and after it."""
        kind = item.callspec.params["bench_run"]  # type: ignore[attr-defined] # parametrized
        self._switch(on=kind.endswith("True"))
        self.workers = 0.0
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = yield
        spent = {
            "test": item.nodeid.partition("[")[0],
            "recorded": self.recorded,
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu + self.workers,
        }
        self._switch(on=True)
        with self.log.open("a") as log:
            log.write(json.dumps(spent) + "\n")
        return outcome

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Read the CPU time of the workers while they are there."""
        if self.run.job is not None:
            self.workers = sum(map(_cpu_seconds, self.run.job.workers()))
        return (yield)

    def pytest_unconfigure(self) -> None:
        """Leave Ray as it was."""
        self.ray.init = self.init


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, all its threads together."""
    spent = psutil.Process(pid).cpu_times()
    return spent.user + spent.system
