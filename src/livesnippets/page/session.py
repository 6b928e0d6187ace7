"""A process that begins a session of its own, and leaves nothing behind of what it starts."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import threading
import time
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Self

from livesnippets import isolation
from livesnippets.processes import kill_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

STOP_SECONDS = 30


class Session:
    """Runs ``work(send)`` in a forked process; `send` hands on what is yielded by `messages`.

    A Ray that it starts is its own. When it is done, interrupted, or its parent gone, all that it
    has started is ended, and its temporary folder removed.
    """

    def __init__(self, work: Callable[[Callable[[Any], None]], None]) -> None:
        context = multiprocessing.get_context("fork")
        self._heard, told = context.Pipe(duplex=False)
        self._folder = tempfile.mkdtemp(prefix="snippets-")
        self._process = context.Process(target=_begin, args=(work, told, self._folder))
        self._process.start()
        told.close()

    @property
    def pid(self) -> int:
        """The id of the process, and of the session that it leads."""
        return self._process.pid or 0

    def messages(self, seconds: float) -> Iterator[Any]:
        """Yield what the process sends; raises `TimeoutError` if it does not end in time."""
        deadline = time.monotonic() + seconds
        while self._heard.poll(max(deadline - time.monotonic(), 0)):
            try:
                yield self._heard.recv()
            except EOFError:
                self._process.join(STOP_SECONDS)  # time to stop Ray in good order
                return
        raise TimeoutError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        kill_session(self.pid)
        self._process.join()
        self._heard.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _begin(work: Callable[[Callable[[Any], None]], None], told: Connection, folder: str) -> None:
    os.setsid()
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    os.environ.update(isolation.VARIABLES, RAY_TMPDIR=folder)
    work(told.send)
    told.close()


def _end_with_parent(folder: str) -> None:
    """Wait until the parent process is gone, and then end the session."""
    if parent := multiprocessing.parent_process():
        wait([parent.sentinel])
        shutil.rmtree(folder, ignore_errors=True)
        kill_session(os.getpid())
        os._exit(1)
