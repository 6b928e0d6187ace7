"""What the preview has to say, and what it knows of the finished pages."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

WHERE = re.compile(r"^([^\s:]+\.\w+)(?::\d+)?: ")


@dataclass(eq=False)
class Board:
    """The state that the pages of the preview show."""

    pages: Pages
    doing: dict[str, str] = field(default_factory=dict)
    """Who is at work, and at what, in a few words."""
    running: dict[str, int] = field(default_factory=dict)
    """How many tests of each snippet module have yet to end."""
    problems: dict[str, list[str]] = field(default_factory=dict)
    """What is wrong, each in one line, by who found it."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _told: set[str] = field(default_factory=set)

    def say(self, line: str) -> None:
        """Print a line."""
        print(f"[preview] {line}", flush=True)  # noqa: T201 - the terminal is the author's

    def begin(self, worker: str, what: str) -> None:
        """Note that a worker is at work."""
        self.doing[worker] = what

    def end(self, worker: str) -> None:
        """Note that a worker has done all it had to; say so when it was the last."""
        if self.doing.pop(worker, None) and not self.doing:
            count = len(self._told)
            problems = f", {count} problem{'' if count == 1 else 's'}" if count else ""
            self.say(f"up to date{problems}")

    def complain(self, finder: str, problems: Iterable[str]) -> None:
        """Replace what `finder` found; print what is new."""
        self.problems[finder] = once_each(problems)
        now = {problem for found in self.problems.values() for problem in found}
        for problem in sorted(now - self._told):
            self.say(problem)
        self._told = now

    async def show(self) -> None:
        """Tell every browser how things stand."""
        async with self._changed:
            self._changed.notify_all()

    async def follow(self) -> AsyncIterator[str]:
        """Yield the message for a browser now, and whenever it has changed."""
        last = ""
        while True:
            async with self._changed:
                message = json.dumps(self.message)
                if message == last:
                    await self._changed.wait()
                    continue
            last = message
            yield message

    @property
    def message(self) -> dict[str, Any]:
        """What a browser is told."""
        found = sorted({problem for found in self.problems.values() for problem in found})
        return {
            "doing": " and ".join(self.doing.values()),
            "running": self.running,
            "problems": [{"text": text, "href": self._address(text)} for text in found],
            "pages": self.pages.versions,
        }

    def _address(self, problem: str) -> str | None:
        """Return the address of the page, and of the block on it, that a problem is about."""
        where = WHERE.match(problem)
        if where is None:
            return None
        if page := self.pages.showing(where[1]):
            return f"/{page}#block={where[1]}"
        page = re.sub(r"^docs/(.*)\.\w+$", r"\1.html", where[1])
        return f"/{page}" if page in self.pages.all else None


def once_each(problems: Iterable[str]) -> list[str]:
    """Return each problem at one of its places: a failed test is found at every block it ran.

    The place that counts is the module that the test's file mirrors, if it is there.
    """
    places: dict[str, list[str]] = {}
    for problem in problems:
        where = WHERE.match(problem)
        places.setdefault(problem[where.end() :] if where else problem, []).append(problem)
    return [
        next(
            (each for each in found if f"test_{Path(each.split(':')[0]).stem}.py" in what), found[0]
        )
        for what, found in places.items()
    ]


BLOCK = re.compile(r'<div class="snippet" data-snippet="([^"]+\.py)"')


@dataclass(frozen=True)
class Page:
    """One finished page."""

    written: int
    """When, in nanoseconds."""
    version: str
    """Changes when the page's text does."""
    blocks: frozenset[str]
    """The snippet modules that it shows."""


class Pages:
    """The finished pages in a folder, by the path of their address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: dict[str, Page] = {}
        self.assets = ""
        """Changes when a style sheet, script or picture does."""

    def look(self) -> None:
        """Read what was written since the last look."""
        found = {}
        for file in self.folder.rglob("*.html"):
            path = file.relative_to(self.folder).as_posix()
            if path.startswith("_static/"):
                continue
            written = file.stat().st_mtime_ns
            known = self.all.get(path)
            found[path] = known if known and known.written == written else _read(file, written)
        self.all = found
        static = sorted((self.folder / "_static").rglob("*"))
        digest = hashlib.sha256()
        for file in static:
            if file.is_file():
                digest.update(file.read_bytes())
        self.assets = digest.hexdigest()[:12]

    def version(self, path: str) -> str:
        """Return what changes when the page at an address, or what it loads, does."""
        path = path.removeprefix("/")
        page = self.all.get(f"{path}index.html" if path.endswith("/") or not path else path)
        return f"{page.version}-{self.assets}" if page else ""

    @property
    def versions(self) -> dict[str, str]:
        """The version of every page."""
        return {path: self.version(path) for path in self.all}

    def showing(self, block: str) -> str | None:
        """Return the first page that shows a snippet module."""
        return next((path for path, page in sorted(self.all.items()) if block in page.blocks), None)


def _read(file: Path, written: int) -> Page:
    text = file.read_text(encoding="utf-8")
    blocks = frozenset(map(unescape, BLOCK.findall(text)))
    return Page(written, hashlib.sha256(text.encode()).hexdigest()[:12], blocks)
