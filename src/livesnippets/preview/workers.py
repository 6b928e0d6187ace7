"""Processes of the preview: forked from a server that has imported what they need."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import tempfile
import threading
from importlib.metadata import entry_points
from multiprocessing.connection import wait
from multiprocessing.util import get_temp_dir
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

PATIENCE = 1.0
"""Seconds in which a process may end in good order."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "livesnippets.preview.pytest_worker",
        "livesnippets.preview.sphinx_worker",
        *(plugin.module for plugin in entry_points(group="pytest11")),
    ]
)


def sockets_in(folder: Path) -> None:
    """Let multiprocessing keep its sockets there: a process that is killed leaves its folder."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    get_temp_dir()  # makes one, and knows it from now on
    tempfile.tempdir = before


class Worker:
    """A process that runs ``target(connection, *arguments)``.

    The event loop calls `heard` with each thing that it sends, and with None when it has ended.
    """

    def __init__(
        self,
        target: Callable[..., None],
        log: Path,
        *arguments: object,
        heard: Callable[[Worker, Any], None],
    ) -> None:
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_in_worker, args=(target, theirs, log, *arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        self._heard = heard
        self._ended = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._hear)

    def _hear(self) -> None:
        try:
            message = self._connection.recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
            self._ended.set()
            message = None
        self._heard(self, message)

    @property
    def runs(self) -> bool:
        """Whether the process is still there, as far as is known."""
        return not self._ended.is_set()

    def send(self, order: object) -> None:
        """Send the process an order; one that has ended is about to be heard of."""
        if self.runs:
            try:
                self._connection.send(order)
            except OSError:
                return

    def end(self, *, ask: bool = True) -> asyncio.Task[None]:
        """End the process: tell it to if asked to, and by force if it does not in time."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(ask=ask))
        return self._ending

    async def _end(self, *, ask: bool) -> None:
        if ask and self.runs:
            self._process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ended.wait()
        except TimeoutError:
            self._process.kill()
            await self._ended.wait()
        await asyncio.to_thread(self._process.join)
        self._process.close()


def _in_worker(
    target: Callable[..., None], connection: Connection, log: Path, *arguments: object
) -> None:
    """Run the target, deaf to Ctrl-C: the preview decides when a process ends."""
    gc.freeze()  # no collection looks at what is shared with all others
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    end_with_parent(PATIENCE)
    target(connection, *arguments)


def end_with_parent(patience: float | None = None) -> None:
    """Have this process told to end when its parent is gone, however that ended.

    After `patience` seconds it is ended by force.
    """

    def follow() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None  # noqa: S101 - this is a child
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        if patience is not None:
            threading.Event().wait(patience)
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
