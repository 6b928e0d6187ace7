"""Warm processes: forked from a server that has imported everything, each for one piece of work."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

PATIENCE = 1.0
"""Seconds in which a child may end in good order."""
REST = 0.5
"""Seconds in which a child without an order leaves the processor to the browsers."""
LAST = {"end", "built", "broken"}
"""After these a child ends by itself."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["livesnippets.preview.warm"])


class Child:
    """A process that runs ``target(connection, *arguments)``, in sight of the event loop.

    The target sends ``("ready", None)`` when it waits for its order.
    """

    def __init__(self, target: Callable[..., None], log: Path, *arguments: object) -> None:
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_in_child, args=(target, theirs, log, *arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        self._heard: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
        self._done = False
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._hear)

    def _hear(self) -> None:
        try:
            message = self._connection.recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
            self._heard.put_nowait(None)
            self.ready.set()
            self.ended.set()
            return
        if message[0] == "ready":
            self.ready.set()
        else:
            self._done = message[0] in LAST
            self._heard.put_nowait(message)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid or 0

    @property
    def usable(self) -> bool:
        """Whether the child still waits for its order, or will."""
        return not self.ended.is_set()

    async def order(self, what: object) -> AsyncIterator[tuple[str, Any]]:
        """Give the child its one order and yield what it sends, until it ends."""
        try:
            self._connection.send(what)
        except OSError:
            return  # it has died; its caller misses the result
        while (message := await self._heard.get()) is not None:
            yield message

    async def end(self) -> None:
        """End the process, by force if it does not in time."""
        if not self._done:
            self._process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.ended.wait()
        except TimeoutError:
            self._process.kill()
            await self.ended.wait()
        await asyncio.to_thread(self._process.join)
        self._process.close()


def _in_child(
    target: Callable[..., None], connection: Connection, log: Path, *arguments: object
) -> None:
    """Run the target, deaf to Ctrl-C: the preview decides when a child ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    threading.Thread(target=_follow_parent, daemon=True).start()
    connection.poll(REST)
    target(connection, *arguments)


def _follow_parent() -> None:
    """End this process when the preview is gone, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this is a child
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(PATIENCE)
    os._exit(1)
