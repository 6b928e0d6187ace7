"""What an actor does before its process ends, by the way in which it ends."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import ray

from snippets.stopping_cleanly.closing import Poller, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_main_prints_who_closes_its_file(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows a file that is closed after a stop and a cancel."""
    assert run_snippet("snippets.stopping_cleanly.closing").splitlines() == [
        "stopped: run begins, run returns, file is closed",
        "cancelled: run begins, run is cancelled, file is closed",
        "killed: run begins",
    ]


def test_a_poller_whose_loop_has_ended_can_close_its_file_and_a_killed_one_cannot(
    tmp_path: Path,
    cancel: Callable[[Any], None],
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Its process is there until its last handle goes, or it is told to terminate."""

    def process_of(poller: Any) -> psutil.Process:
        return psutil.Process(ray.get(poller.__ray_call__.remote(lambda _: os.getpid())))

    def is_gone(process: psutil.Process) -> bool:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE

    logs = [tmp_path / name for name in ("stopped", "cancelled", "killed")]
    pollers = [Poller.remote(log) for log in logs]
    stopped, cancelled, killed = [process_of(poller) for poller in pollers]
    loops = [poller.run.remote() for poller in pollers]
    for log in logs:
        wait_for("run begins", log)
    with pytest.raises(TimeoutError):
        wait_for("run returns", logs[0], seconds=0)
    ray.get(pollers[0].stop.remote(), timeout=30)
    cancel(loops[1])
    ray.kill(pollers[2])
    ray.get(loops[0], timeout=30)
    wait_until(partial(is_gone, killed))
    assert [process_of(poller) for poller in pollers[:2]] == [stopped, cancelled]
    assert not any("file is closed" in log.read_text() for log in logs)

    pollers[1].__ray_terminate__.remote()
    del pollers[0]
    wait_until(lambda: is_gone(stopped) and is_gone(cancelled))
    assert [log.read_text().splitlines()[1:] for log in logs] == [
        ["run returns", "file is closed"],
        ["run is cancelled", "file is closed"],
        [],
    ]
