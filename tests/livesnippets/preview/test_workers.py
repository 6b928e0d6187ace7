from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.waiting import wait_until

PROGRAM = """
import multiprocessing, time
from livesnippets.preview.workers import sockets_in
from livesnippets.run.temporary import TemporaryFolder

folder = TemporaryFolder("preview-")
sockets_in(folder.path)
multiprocessing.get_context("forkserver").Process(target=time.sleep, args=[3600]).start()
print(*folder.path.iterdir(), flush=True)
time.sleep(3600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_sockets_of_a_preview_that_is_killed_do_not_stay(number: signal.Signals) -> None:
    """They lie in the preview's own folder, which goes with it."""
    with tempfile.TemporaryDirectory(
        prefix="t-", dir="/tmp"
    ) as temporary:  # a socket's path is short
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "TMPDIR": temporary},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(f"{temporary}/preview-")
            [_] = Path(temporary).iterdir()
            os.killpg(process.pid, number)
        wait_until(lambda: not any(Path(temporary).iterdir()), lambda: "the folder to go")
