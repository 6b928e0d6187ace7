"""One preview: the loop that lets `decide` say what each event asks for, and carries it out."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

import livesnippets
from livesnippets.evidence.doctests import FILE
from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import events, status
from livesnippets.preview.app import say
from livesnippets.preview.decide import decide
from livesnippets.preview.plan import is_test_file
from livesnippets.preview.runs import Runs
from livesnippets.preview.sphinx_worker import build
from livesnippets.preview.state import Layout, State
from livesnippets.preview.workers import Worker
from livesnippets.settings import FILE as SETTINGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from livesnippets.preview.folders import Folders
    from livesnippets.settings import Settings

PACKAGE = Path(livesnippets.__file__).parent
EDITOR = "LIVESNIPPETS_EDITOR"
"""The environment variable with the address at which an editor opens ``{path}`` at ``{line}``."""
TRIAL = [sys.executable, "-m", "livesnippets.preview.trial"]


class Session:
    """One preview of one repository, from its start to its end."""

    leave: Callable[[], None]
    """Ends the server; set when there is one."""

    def __init__(self, settings: Settings, published: Path, folders: Folders) -> None:
        """Take the folders of Sphinx, and that of the evidence that ``make html`` uses."""
        self.settings = settings
        self.published = published
        self.folders = folders
        self.log = folders.log
        self.log.write_bytes(b"")
        layout = Layout(
            source=folders.name(folders.source),
            conf=folders.name(folders.conf / "conf.py"),
            tests=settings.tests,
            restart=frozenset({SETTINGS, folders.name(PACKAGE)}),
            root=str(folders.root),
        )
        if editor := os.environ.get(EDITOR):
            layout = replace(layout, editor=editor)
        self.state = State(layout)
        self.again = False
        """Whether the preview is to be started again when it has ended."""
        self.runs = Runs(settings, self.log, self.tell)
        self._sphinx: Worker | None = None
        self._begun = 0.0
        self._events: asyncio.Queue[events.Event] = asyncio.Queue()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: events.Event) -> None:
        """Let the session know of an event."""
        self._events.put_nowait(event)

    async def run(self, *, anew: bool) -> None:
        """Begin with the evidence that there is; then do what each event asks for."""
        modules = (self.settings.root / self.settings.tests).rglob("*.py")
        tests = filter(is_test_file, map(self.folders.name, modules))
        self.tell(events.Started(frozenset(tests), anew=anew))
        self._start(self._tell_of_time())
        while True:
            event = await self._events.get()
            before = self.state
            self.state, effects = decide(before, event)
            for effect in effects:
                self._do(effect)
            for line in status.news(before, self.state):
                say(line)
            async with self._news:
                self._news.notify_all()

    async def _tell_of_time(self) -> None:
        """Name the test that runs for long: nothing else happens meanwhile."""
        while True:
            await asyncio.sleep(status.LONG_SECONDS)
            if line := status.lasting(self.state, time.time()):
                say(line)

    def _do(self, effect: events.Effect) -> None:  # noqa: C901 - a line an effect
        match effect:
            case events.Say(line):
                say(line)
            case events.Build():
                self._build(effect)
            case events.Plan():
                self._start(self.runs.plan(effect))
            case events.RunTests():
                self._begun = time.monotonic()
                self.runs.test(effect)
            case events.Sum(passed, failed):
                seconds = time.monotonic() - self._begun
                say(f"{passed} passed, {failed} failed in {seconds:.1f} s")
            case events.Warm():
                self.runs.warm()
            case events.StartRay(seconds):
                self._start(self.runs.start_ray(seconds))
            case events.TakeOver(everything):
                self._take_over("*.json" if everything else FILE)
            case events.Wait(seconds):
                asyncio.get_running_loop().call_later(seconds, self.tell, events.Waited())
            case events.Try():
                self._start(self._try())
            case events.Restart():
                self.again = True
                self.leave()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _build(self, order: events.Build) -> None:
        """Have the pages built, in a new process if the old one would not do."""
        if self._sphinx is not None and order.anew:
            sphinx, self._sphinx = self._sphinx, None
            sphinx.end()
        if self._sphinx is None:
            self._sphinx = Worker(build, self.log, self.folders, heard=self._hear_sphinx)
        self._sphinx.send(order)

    def _hear_sphinx(self, worker: Worker, event: events.Event | None) -> None:
        if worker is not self._sphinx:
            return  # it was replaced
        if event is not None:
            self.tell(event)
        if event is None or isinstance(event, events.BuildFailed):
            self._sphinx = None
            worker.end(ask=False)
        if event is None:
            place = Place(self.folders.name(self.log))
            self.tell(
                events.BuildFailed(Finding(place, Kind.SPHINX, "a build died", "read this log"))
            )

    def _take_over(self, pattern: str) -> None:
        """Copy evidence that is newer than the preview's own."""
        own = self.settings.evidence_directory
        own.mkdir(parents=True, exist_ok=True)
        for file in self.published.glob(pattern):
            mine = own / file.name
            if not mine.exists() or mine.stat().st_mtime_ns < file.stat().st_mtime_ns:
                shutil.copy2(file, mine)

    async def _try(self) -> None:
        """Find out whether a new preview would get as far as to its work."""
        with self.log.open("ab") as log:
            tried = await asyncio.to_thread(
                subprocess.run,
                TRIAL,
                cwd=self.settings.root,
                stdout=subprocess.PIPE,
                stderr=log,
                check=False,
            )
        problem = None
        if tried.returncode:
            place = Place(self.folders.name(self.log))
            problem = Finding(place, Kind.SETTINGS, "the changed package fails", "read this log")
        elif tried.stdout:
            problem = msgspec.json.decode(tried.stdout, type=Finding)
        self.tell(events.Tried(problem))

    async def follow(self) -> AsyncIterator[str]:
        """Yield the message for a browser now, and whenever it has changed."""
        last = ""
        while True:
            async with self._news:
                message = json.dumps(status.message(self.state))
                if message == last:
                    await self._news.wait()
                    continue
            last = message
            yield message

    async def stop(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sphinx is not None:
            sphinx, self._sphinx = self._sphinx, None
            await sphinx.end()
        await self.runs.stop()
