"""What changes in a repository: the system says when to look, and a look says what has changed.

The system alone would not do: it tells of a new folder, and not of what was put into it before it
was watched, as a copy or a switch to another branch does.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import watchfiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from livesnippets.settings import Settings

LOOK_SECONDS = 1.0
"""How often to look when the system tells of nothing."""
REST = 20
"""A look that nothing asks for takes no more than this part of all time."""
STEP_MS = 20
"""Changes that follow each other faster count as one."""
LEFT_BESIDE = re.compile(r"__pycache__|\..*|.*~|.*\.(swp|swx|tmp|pyc)|4913")
"""The names of what editors, version control and Python leave beside the files that they write."""

type Stamp = tuple[int, int, int, int]


class Tree:
    """The files that pages and tests may be made from, as they were at the last look.

    They are named by their paths from the repository's root, with forward slashes.
    """

    def __init__(self, settings: Settings) -> None:
        self.root = str(settings.root)
        self._made = {"build", *settings.omit}
        self._above = (_identity(settings.root.stat()),)
        self._rest = 0.0
        self._files = dict(self._walk("", self._above))

    def look(self, told: Iterable[str] = ()) -> frozenset[str]:
        """Return the files that were written, renamed or removed since the last look.

        Those that the system has `told` of count as written if they are there: twice within a tick
        of the clock looks like once.
        """
        names = {path.removeprefix(f"{self.root}/") for path in told}
        begun = time.monotonic()
        if not names and begun < self._rest:
            return frozenset()
        before, self._files = self._files, dict(self._walk("", self._above))
        self._rest = begun + REST * (time.monotonic() - begun)
        different = (before.items() ^ self._files.items()) | {(each, None) for each in names}
        return frozenset(
            path for path, stamp in different if stamp is not None or path in self._files
        )

    def folders(self) -> dict[str, int]:
        """Return the folders of the root that are looked through, each with what tells it apart."""
        with suppress(OSError), os.scandir(self.root) as entries:
            return {
                entry.path: entry.inode()
                for entry in entries
                if entry.is_dir() and not self.ignores(entry.path)
            }
        return {}

    def ignores(self, path: str) -> bool:
        """Whether neither a file nor what is below it counts."""
        name = path.removeprefix(f"{self.root}/")
        return LEFT_BESIDE.fullmatch(name.rpartition("/")[2]) is not None or name in self._made

    def _walk(self, below: str, above: tuple[tuple[int, int], ...]) -> Iterator[tuple[str, Stamp]]:
        """Yield each file below a folder with what changes when it is written or replaced.

        Links are followed, but for one to a folder that it is in.
        """
        with suppress(OSError), os.scandir(f"{self.root}/{below}") as entries:
            for entry in entries:
                name = f"{below}{entry.name}"
                if self.ignores(name):
                    continue
                with suppress(OSError):  # it may go at any time
                    stat = entry.stat()
                    if not entry.is_dir():
                        yield name, (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
                    elif (folder := _identity(stat)) not in above:
                        yield from self._walk(f"{name}/", (*above, folder))


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


async def follow(tree: Tree, tell: Callable[[frozenset[str]], None]) -> None:
    """Tell of the files that change, soon after they do."""
    async with asyncio.TaskGroup() as tasks:
        # Of the root its files alone: a watch on a file ends when an editor replaces it.
        root = {tree.root: 0}
        tasks.create_task(_follow(tree, tell, lambda: root, recursive=False))
        tasks.create_task(_follow(tree, tell, tree.folders, recursive=True))


async def _follow(
    tree: Tree,
    tell: Callable[[frozenset[str]], None],
    places: Callable[[], dict[str, int]],
    *,
    recursive: bool,
) -> None:
    """Watch some places, and watch again when they are others."""

    def look(told: Iterable[tuple[watchfiles.Change, str]] = ()) -> None:
        if changed := tree.look(path for _, path in told):
            tell(changed)

    while True:
        watched = places()
        changes = watchfiles.awatch(
            *watched,
            watch_filter=lambda _, path: not tree.ignores(path),
            recursive=recursive,
            step=STEP_MS,
            rust_timeout=round(LOOK_SECONDS * 1000),
            yield_on_timeout=True,
        )
        try:
            async with aclosing(changes):
                async for told in changes:
                    look(told)
                    if places() != watched:
                        break
        except OSError:  # one is gone again, or the system cannot watch as many
            await asyncio.sleep(LOOK_SECONDS)
            look()
