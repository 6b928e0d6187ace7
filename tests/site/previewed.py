"""A copy of the site under a preview of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.support.processes import heed_interrupts, runs
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PARTS = ("docs", "hosting", "snippets", "tests", "conf.py", "pyproject.toml", "requirements.txt")
KEPT = {"concurrent-operations-async-actor", "ray-get-in-a-loop", "stopping-cleanly"}
"""The patterns whose pages the tests look at, and those that these or the reference name."""
UP_TO_DATE = re.compile(r"\[preview\] up to date(, \d+ problems?)?\n$")


class Previewed:
    """A copy of the site, and the preview that serves it.

    Unless it is `whole`, of most patterns only the titles are there: their tests would run with
    each change of what all tests load. `patience` is how many seconds it may take to do anything.
    """

    def __init__(self, folder: Path, *, whole: bool = False, patience: float = 120) -> None:
        self.patience = patience
        self.root = folder / "site"
        self.temporary = Path(tempfile.mkdtemp(prefix="p-"))  # Ray's sockets need a short path
        self.temporary.chmod(0o711)  # root's PostgreSQL runs as another user
        for part in PARTS:
            if (ROOT / part).is_dir():
                unwanted = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / part, self.root / part, ignore=unwanted)
            else:
                shutil.copy2(ROOT / part, self.root / part)
        if not whole:
            for page in (self.root / "docs/patterns").glob("*.md"):
                if page.stem not in KEPT:
                    self._leave_only_the_title(page)
        shutil.copytree(ROOT / "build/evidence", self.root / "build/evidence")
        self.said = folder / "said"

    def _leave_only_the_title(self, page: Path) -> None:
        title = next(line for line in page.read_text().splitlines() if line.startswith("# "))
        page.write_text(f"{title}\n")
        for part in ("snippets", "tests/snippets"):
            shutil.rmtree(self.root / part / page.stem.replace("-", "_"))

    def start(self, *arguments: str) -> None:
        """Start the preview on a free port and wait until it serves."""
        heed_interrupts()
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "livesnippets.preview", "--port", "18000", *arguments],
                cwd=self.root,
                env={**os.environ, "TMPDIR": str(self.temporary)},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self.wait_for(lambda: "serving on" in self.text, "the preview serves")
        self.address = self.text.partition("serving on ")[2].partition(",")[0]

    @property
    def text(self) -> str:
        """What the preview has said so far."""
        return self.said.read_text()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds."""
        wait_until(condition, lambda: f"{what}: {self.text}", self.patience, self.process)

    def said_after(self, action: Callable[[], object], *words: str) -> str:
        """Do something and return what the preview says, when it has said these words in turn."""
        before = at = len(self.text)
        action()
        for each in words:
            self.wait_for(lambda each=each, at=at: each in self.text[at:], each)  # type: ignore[misc] # mypy drops the defaults
            at = self.text.index(each, at) + len(each)
        return self.text[before:]

    def settle(self) -> None:
        """Wait until nothing more is to be done."""
        self.wait_for(lambda: UP_TO_DATE.search(self.text) is not None, "the end of all work")

    def edit(self, path: str, old: str, new: str) -> str:
        """Replace a text in a file, and return the file's new digest."""
        file = self.root / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new))
        return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"

    def processes(self) -> set[int]:
        """Return the processes of the preview and of its Ray."""
        return {
            each.pid for each in psutil.process_iter() if runs(each.pid) and self._is_ours(each)
        }

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("TMPDIR") == str(self.temporary)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End the preview; return the seconds until none of its processes is left."""
        begun = time.monotonic()
        self.process.send_signal(how)
        deadline = begun + 30
        while self.processes() and time.monotonic() < deadline:
            self.process.poll()
            time.sleep(0.02)  # between two looks
        return time.monotonic() - begun

    def left_behind(self) -> list[str]:
        """Return the processes and temporary files that are still there."""
        processes = [f"process {pid}" for pid in self.processes()]
        files = [str(each) for each in self.temporary.iterdir()]
        shutil.rmtree(self.temporary)
        return processes + files
