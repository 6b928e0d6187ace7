"""What an actor does before its process ends, by the way in which it ends."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import ray

from snippets.stopping_cleanly.closing import Poller, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable


def test_main_prints_who_closes_its_file(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows a file that is closed after a stop and a cancel."""
    assert run_snippet("snippets.stopping_cleanly.closing").splitlines() == [
        "stopped: run begins, run returns, file is closed",
        "cancelled: run begins, run is cancelled, file is closed",
        "killed: run begins",
    ]


def test_a_poller_closes_its_file_when_told_to_terminate_and_not_for_certain_when_dropped(
    tmp_path: Path,
    cancel: Callable[[Any], None],
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Killed, or dropped while its process is held up, it ends without having closed its file."""

    def process_of(poller: Any) -> psutil.Process:
        return psutil.Process(ray.get(poller.__ray_call__.remote(lambda _: os.getpid())))

    def is_gone(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        return True

    def is_to_die(process: psutil.Process) -> bool:
        """Whether a signal waits for a suspended process, or has ended it."""
        with suppress(OSError):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            (pending,) = [line.split()[1] for line in lines if line.startswith("ShdPnd:")]
            return is_gone(process) or bool(int(pending, 16) & 1 << signal.SIGTERM - 1)
        return True

    logs = [tmp_path / name for name in ("stopped", "dropped", "cancelled", "killed")]
    pollers = [Poller.remote(log) for log in logs]
    stopped, dropped, cancelled, killed = [process_of(poller) for poller in pollers]
    loops = [poller.run.remote() for poller in pollers]
    for log in logs:
        wait_for("run begins", log)
    with pytest.raises(TimeoutError):
        wait_for("run returns", logs[0], seconds=0)
    ray.get([poller.stop.remote() for poller in pollers[:2]], timeout=30)
    ray.get(loops[:2], timeout=30)
    cancel(loops[2])
    ray.kill(pollers[3])
    wait_until(partial(is_gone, killed))
    assert [process_of(poller) for poller in pollers[:3]] == [stopped, dropped, cancelled]

    dropped.suspend()
    del pollers[1]
    wait_until(partial(is_to_die, dropped))
    with suppress(psutil.NoSuchProcess):  # Ray kills it if it does not end
        dropped.resume()
    for poller in pollers[:2]:
        poller.__ray_terminate__.remote()
    wait_until(lambda: all(map(is_gone, (stopped, dropped, cancelled))))
    assert [log.read_text().splitlines()[1:] for log in logs] == [
        ["run returns", "file is closed"],
        ["run returns"],
        ["run is cancelled", "file is closed"],
        [],
    ]
