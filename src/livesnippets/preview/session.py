"""Decide what a save asks for."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import livesnippets
from livesnippets.evidence.doctests import FILE
from livesnippets.preview.builds import Builds
from livesnippets.preview.runs import Testing

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.preview.status import Board
    from livesnippets.settings import Settings

MOST_NAMES = 3
PACKAGE = Path(livesnippets.__file__).parent
TRIAL = """
from pathlib import Path
from livesnippets.preview.app import Settings
Settings.read(Path.cwd())
"""
"""What a new preview does first."""


class Session:
    """One preview of one repository, from its start to its end."""

    leave: Callable[[], None]
    """Ends the server; set when there is one."""

    def __init__(self, settings: Settings, published: Path, board: Board) -> None:
        """Take the board to write on, and the folder of the evidence that ``make html`` uses."""
        log = settings.root / "build/preview.log"
        log.write_bytes(b"")
        self.settings = settings
        self.published = published
        self.board = board
        self.clean = False
        """Whether the first build makes everything anew."""
        self.again = False
        """Whether the preview is to be started again when it has ended."""
        self.builds = Builds(settings.root, log, board)
        self.testing = Testing(settings, log, board, self.builds)

    async def start(self) -> None:
        """Begin with the evidence that there is, build, test what lacks it; then keep Ray alive."""
        self._take_over("*.json")
        self.builds.testing = True
        tests = (self.settings.root / self.settings.tests).rglob("test_*.py")
        self.testing.start({path.relative_to(self.settings.root).as_posix() for path in tests})
        self.builds.request(clean=self.clean)
        await self.testing.keep_ray()

    async def changed(self, paths: set[Path]) -> None:
        """Do what the changed files ask for."""
        root = self.settings.root
        names = sorted(path.relative_to(root).as_posix() for path in paths)
        shown = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        if "pyproject.toml" in names or any(path.is_relative_to(PACKAGE) for path in paths):
            await self._start_again(shown)
            return
        clean = any(name == "conf.py" or "_templates/" in name for name in names)
        self.board.say(f"{shown} changed{': building everything anew' if clean else ''}")
        self._take_over(FILE)
        if any(name.endswith(".py") or not name.startswith("docs/") for name in names):
            self.builds.testing = True
            self.testing.start({name for name in names if self._is_test(name)})
        self.builds.request(names, clean=clean)
        await self.board.show()

    async def rerun(self, block: str) -> None:
        """Run the tests of a block, although their evidence is current."""
        self.board.say(f"testing {block} again")
        self.testing.start(blocks={block})

    async def stop(self) -> None:
        """End everything."""
        await asyncio.gather(self.builds.stop(), self.testing.stop())

    def _is_test(self, name: str) -> bool:
        path = Path(name)
        return path.is_relative_to(self.settings.tests) and path.match("test_*.py")

    def _take_over(self, pattern: str) -> None:
        """Copy evidence that is newer than the preview's own."""
        own = self.settings.evidence_directory
        own.mkdir(parents=True, exist_ok=True)
        for file in self.published.glob(pattern):
            mine = own / file.name
            if not mine.exists() or mine.stat().st_mtime_ns < file.stat().st_mtime_ns:
                shutil.copy2(file, mine)

    async def _start_again(self, shown: str) -> None:
        """Let a new process take over, if it would get as far as to its work."""
        tried = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", TRIAL],
            cwd=self.settings.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode:
            why = tried.stderr.strip().splitlines()[-1:] or ["no message"]
            self.board.complain("preview", [f"{shown} changed; it cannot be used: {why[0]}"])
            await self.board.show()
            return
        self.board.say(f"{shown} changed: starting anew, with a clean build")
        self.again = True
        self.leave()
