from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from livesnippets.run import cluster
from livesnippets.run.cluster import Cluster, ClusterError
from livesnippets.run.temporary import MOST_BYTES, for_sockets
from tests.support.waiting import wait_until

PROGRAM = """
import sys, time
from livesnippets.run.temporary import TemporaryFolder

folder = TemporaryFolder("mine-")
(folder.path / "file").touch()
print(folder.path, flush=True)
if sys.argv[1:]:
    folder.remove()
else:
    time.sleep(3600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_temporary_folder_goes_with_its_process(number: signal.Signals) -> None:
    """However that ends."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_dir()
        os.killpg(process.pid, number)
    wait_until(lambda: not folder.exists(), lambda: f"{folder} goes")


def test_a_temporary_folder_can_go_before(tmp_path: Path) -> None:
    """Nothing is left of it, and of nobody who would remove it."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, "now"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.startswith(f"{tmp_path}/mine-")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(180)  # it starts a Ray
def test_a_long_path_for_temporary_files_is_no_hindrance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ray alone would refuse to start there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert for_sockets() != str(tmp_path)
    running = Cluster()
    assert running.runs
    running.stop()
    assert not running.directory.exists()


def test_sockets_need_a_short_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where TMPDIR has a long one, they lie in /tmp; where that cannot be, the error says so."""
    monkeypatch.setattr(tempfile, "tempdir", "/" + "é" * 10)
    assert for_sockets() == tempfile.tempdir
    monkeypatch.setattr(tempfile, "tempdir", "/" + "é" * 10 + "x")
    assert for_sockets() == "/tmp"  # noqa: S108 - what is to be seen
    monkeypatch.setattr(cluster, "for_sockets", lambda: str(tmp_path / "gone"))
    with pytest.raises(ClusterError, match=f"no place for .*; set TMPDIR .* at most {MOST_BYTES} "):
        Cluster()
