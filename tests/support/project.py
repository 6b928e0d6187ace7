"""A repository with tests, which run in a pytest and with a Ray of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING

import psutil

from livesnippets.evidence import files
from tests.support.processes import heed_interrupts, runs, session
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from livesnippets.evidence.results import Evidence, Result
    from livesnippets.source.statements import Statement

PYPROJECT = """
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "--strict-markers", "-ra"]
pythonpath = ["."]
timeout_method = "signal"
"""


SPARED = ("-p", "no:hypothesispytest", "-p", "no:anyio")
"""Plugins of others that take longer to load than the tests take to run."""


class Project:
    """A repository with tests, which run in a pytest of their own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write("pyproject.toml", PYPROJECT)
        self.write("requirements.txt", "click==8\n")

    def write(self, path: str, text: str) -> Path:
        """Write a file, without the indentation that it has in a test."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
        return file

    def run(self, *arguments: str, timeout: float = 150) -> pytest.RunResult:
        """Run the tests; in a process of its own, for a process has one recorder."""
        return self.pytester.runpytest_subprocess(*SPARED, *arguments, timeout=timeout)

    @property
    def evidence(self) -> dict[str, Result]:
        """The evidence of the tests, by their names without the file's."""
        runs = [found.tests for found in self._found]
        return {name.partition("::")[2]: run for tests in runs for name, run in tests.items()}

    @property
    def statements(self) -> dict[str, list[Statement]]:
        """The statements of the modules that were tested, by digest."""
        return {digest: found for each in self._found for digest, found in each.statements.items()}

    @property
    def _found(self) -> list[Evidence]:
        folder = self.root / "build/evidence"
        return [files.read(path) for path in folder.glob("*-ray*.json")]

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each test that has evidence."""
        return {name: run.outcome for name, run in self.evidence.items()}


class RayProject(Project):
    """A project whose Ray keeps its files in a folder that is known."""

    def __init__(self, pytester: pytest.Pytester, temporary: Path) -> None:
        super().__init__(pytester)
        self.temporary = temporary

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the tests and do not wait for them."""
        heed_interrupts()
        with (self.root / "said").open("w") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "pytest", *arguments],
                cwd=self.root,
                stdout=said,
                stderr=said,
            )

    def wait_for(self, path: str, run: subprocess.Popen[bytes], seconds: float = 60) -> None:
        """Wait until a test has written a file."""
        wait_until(
            (self.root / path).exists,
            lambda: f"{path}: {(self.root / 'said').read_text()}",
            seconds,
            run,
        )

    def processes(self) -> set[int]:
        """Return the processes of the project's Ray: those of the sessions that it began."""
        everyone = {each.pid: each.info["cmdline"] for each in psutil.process_iter(["cmdline"])}
        ours = f"{self.temporary}/snippets-"
        named = {pid for pid, command in everyone.items() if ours in " ".join(command or ())}
        sessions = {session(pid) for pid in named if runs(pid)}
        return {pid for pid in everyone if session(pid) in sessions and runs(pid)}

    def left_behind(self, processes: set[int], seconds: float = 30) -> list[str]:
        """Return what of Ray is still there when the time is up."""
        deadline = time.monotonic() + seconds
        while left := self._left(processes):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)  # between two looks
        return left

    def _left(self, processes: set[int]) -> list[str]:
        alive = {pid for pid in processes if runs(pid)} | self.processes()
        folders = self.temporary.glob("snippets-*")
        return [*(f"process {pid}" for pid in alive), *map(str, folders)]
