"""Record the lines that run in the process of the tests, each for whom it counts."""

from __future__ import annotations

import sys
import threading
import traceback
from typing import TYPE_CHECKING

from livesnippets.finding import Place
from livesnippets.watch.lines import LineRecorder
from livesnippets.watch.trace import DRIVER

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from livesnippets.settings import Settings
    from livesnippets.watch.trace import Trace

frame_at = sys._getframe  # noqa: SLF001 - the one way to the frame that an event is about


class DriverRecorder(LineRecorder):
    """Keeps the tests of one process apart from each other, and from what runs between them.

    What a module runs while it is imported counts for every test that depends on the module,
    whichever made Python import it. What runs on a thread that began before the test counts for
    no test: it is not that one's doing.
    """

    def __init__(self, settings: Settings, nobody: Trace) -> None:
        """Take a trace for what runs outside of all tests; it is not read."""
        super().__init__(settings.root, settings.foreign, nobody, DRIVER)
        self.imported: dict[str, dict[str, set[int]]] = {}
        """By imported file: the lines of each file that ran for its import."""
        self._in_test = False
        self._earlier: set[threading.Thread] = set()
        self._written: set[tuple[str, int]] = set()

    def begin(self, trace: Trace) -> None:
        """Write into the trace of a test from now on."""
        self._earlier = {*threading.enumerate()} - {threading.current_thread()}
        self._written.clear()
        self.redirect(trace)
        self._in_test = True

    def end(self) -> None:
        """Write for no test from now on."""
        self._in_test = False

    def threads_in(self, wanted: Callable[[str], bool]) -> dict[str, Place]:
        """Return where threads stand, by name, that began in the test and run a wanted file."""
        known = {thread.ident: thread for thread in threading.enumerate()}
        found = {}
        for number, frame in sys._current_frames().items():  # noqa: SLF001 - as for `frame_at`
            thread = known.get(number)
            if thread is threading.current_thread() or thread in self._earlier:
                continue
            for each, line in traceback.walk_stack(frame):
                path = each.f_code.co_filename.removeprefix(self.root)
                if wanted(path):
                    found[thread.name if thread else f"thread {number}"] = Place(path, line)
                    break
        return found

    def _line(self, code: CodeType, line: int) -> object:
        if threading.current_thread() in self._earlier:
            return None
        importer = self._importer(frame_at(1))
        if not importer:
            return super()._line(code, line) if self._in_test else None
        path = code.co_filename[len(self.root) :]
        self.imported.setdefault(importer, {}).setdefault(path, set()).add(line)
        if self._in_test and (path, line) not in self._written:
            self._written.add((path, line))
            super()._line(code, line)
        return None  # the test, or another import, may run the line, too

    def _importer(self, frame: FrameType | None) -> str:
        """Return the file of the repository that is being imported, if that is why a frame runs."""
        while frame is not None:
            name = frame.f_code.co_filename
            if frame.f_code.co_name == "<module>" and self._is_ours(name) and _is_import(frame):
                return name[len(self.root) :]
            frame = frame.f_back
        return ""


def _is_import(frame: FrameType) -> bool:
    """Whether a module's code runs in a module that is loaded, and not as a program does."""
    name = frame.f_globals.get("__name__")
    module = sys.modules.get(str(name))
    return name != "__main__" and getattr(module, "__dict__", None) is frame.f_globals
