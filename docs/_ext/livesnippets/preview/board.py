"""What the preview has to say, on the terminal in lines and to each browser as one message."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from livesnippets.preview.pages import Pages

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
