"""See which files of a repository are opened, in this process and in Ray workers.

Python tells its audit hooks of each file, before it is opened.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import linecache
import os
import sys

from livesnippets.watch.trace import Opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import FrameType

CODE, READ, WRITTEN = "code", "read", "written"
"""Opened for Python to load it or to show a line of it, to be read, or to be written, too."""
MACHINERY = ("<frozen importlib", linecache.__file__)
frame_at = sys._getframe  # noqa: SLF001 - the one way to the frame that opens a file


class FileWatch:
    """Tells `note` of each file under `root` that is opened, but not of those under one of `omit`.

    Paths are relative to `root`. Folders whose names begin with a dot belong to tools.

    Bytecode of the repository's modules cannot be read meanwhile. Python would run it when its
    source has the same size, and the same time to the second, as that which it was made of.
    """

    def __init__(self, root: Path, omit: Iterable[Path], note: Callable[[Opened], None]) -> None:
        self.root = f"{root}{os.sep}"
        self.omit = tuple(f"{path}{os.sep}" for path in omit)
        self.note = note
        self.active = False

    def start(self) -> None:
        """Begin to watch; Python keeps the hook as long as the process lives."""
        self.active = True
        sys.addaudithook(self._hear)

    def stop(self) -> None:
        """Tell of nothing more."""
        self.active = False

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.active and event == "open":
            path, mode, flags = arguments
            self._open(path, str(mode or ""), flags if isinstance(flags, int) else 0)
        elif self.active and event == "os.rename":  # also how a finished file gets its name
            self._open(arguments[1], "w", os.O_WRONLY)

    def _open(self, opened: object, mode: str, flags: int) -> None:
        if not isinstance(opened, str | bytes | os.PathLike):
            return  # it is open already
        try:
            path = os.path.abspath(os.fsdecode(opened))  # noqa: PTH100 - pathlib costs more
        except OSError:  # there is no current folder
            return
        if not path.startswith(self.root) or path.startswith(self.omit):
            return
        written = bool(flags & (os.O_WRONLY | os.O_RDWR)) or bool({*mode} & {*"wax+"})
        if path.endswith(".pyc"):
            if not written:
                raise OSError(f"{path} is not read: its source may be another one by now")
            return
        name = path[len(self.root) :]
        if f"{os.sep}." in f"{os.sep}{os.path.dirname(name)}":  # noqa: PTH120 - see above
            return
        seen = stamp(path)
        if written:
            self.note(Opened(name, WRITTEN, seen))
        elif seen:
            code = path.endswith(".py") and self._is_loaded(frame_at(2))
            self.note(Opened(name, CODE if code else READ, seen))

    def _is_loaded(self, frame: FrameType | None) -> bool:
        """Whether no code of the repository opens a module as it would any other file."""
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self.root) and not name.startswith(self.omit):
                return False
            if name.startswith(MACHINERY):
                return True
            frame = frame.f_back
        return True


def stamp(path: str | Path) -> str:
    """Return what changes with the content of a file, whatever its time says; empty if none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib costs more
    except OSError:
        return ""
    parts = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return "-".join(map(str, parts))
