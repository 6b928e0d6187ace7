"""The PostgreSQL server of the tests ends with the pytest that uses it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support import postgres
from tests.support.processes import heed_interrupts
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
TESTS = """
import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, {root!r})
from tests.support import postgres


@pytest.fixture(scope="session")
def server():
    with postgres.shared(Path({place!r})) as server:
        yield server


@pytest.mark.parametrize("number", range({tests}))
def test_uses_the_server(server, number):
    Path({place!r}, f"used-{{os.getpid()}}").write_text(f"{{server.folder}} {{server.pid}}")
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder in which a run may start a server; skip where it cannot."""
    try:
        with postgres.shared(tmp_path):
            pass
    except postgres.ServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    return tmp_path


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "SIGINT"])
@pytest.mark.parametrize("processes", [0, 2], ids=["one_process", "two_processes"])
def test_no_server_is_left_of_a_run_that_ends_early(
    place: Path, end: signal.Signals, processes: int
) -> None:
    """Two processes share one server; with the run all of it ends, and its folder goes."""
    (place / "test_it.py").write_text(
        TESTS.format(root=str(ROOT), place=str(place), tests=max(processes, 1))
    )
    command = [sys.executable, "-m", "pytest", "-q", f"--rootdir={place}", str(place)]
    shared = ["-n", str(processes)] if processes else []
    plugins = ["-p", "no:cacheprovider", "-p", "no:livesnippets", "-p", "no:hypothesispytest"]
    with (place / "output").open("wb") as output:
        run = subprocess.Popen(
            [*command, *plugins, *shared],
            cwd=place,
            stdout=output,
            stderr=output,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 - it only sets signals
            start_new_session=True,
        )
    try:
        users = lambda: [path.read_text() for path in place.glob("used-*")]  # noqa: E731
        wait_until(
            lambda: len([*filter(None, users())]) == max(processes, 1),
            lambda: f"the tests: {(place / 'output').read_text()}",
            program=run,
        )
        (said,) = {*users()}
        folder, pid = said.split()
        assert psutil.pid_exists(int(pid))
        os.killpg(run.pid, end) if end == signal.SIGINT else run.kill()
        run.wait(60)
        wait_until(lambda: not Path(folder).exists(), lambda: f"{folder} to go")
        wait_until(lambda: _named(folder) == [], lambda: f"{_named(folder)} to end")
        assert not psutil.pid_exists(int(pid))
    finally:
        if run.poll() is None:
            run.kill()
        run.wait()


@pytest.mark.parametrize("killed", ["holder", "who waits for it"])
def test_no_server_is_left_of_a_holder_that_is_killed(place: Path, killed: str) -> None:
    """It ends with the holder; without the other process, as ever, with its last user."""
    with postgres.shared(place) as server:
        assert server.holder is not None
        (holder,) = psutil.Process(server.holder.pid).children()
        pid, folder = server.pid, str(server.folder)
        (holder if killed == "holder" else server.holder).kill()
        if killed == "holder":
            wait_until(lambda: not psutil.pid_exists(pid), lambda: "the server to end")
        else:
            server.holder.wait(10)
            assert psutil.pid_exists(pid)
    wait_until(lambda: not Path(folder).exists(), lambda: f"{folder} to go")
    wait_until(lambda: _named(folder) == [], lambda: f"{_named(folder)} to end")
    assert not psutil.pid_exists(pid)


def _named(folder: str) -> list[str]:
    """Return the commands that name a folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if folder in words:
            found.append(words)
    return found
