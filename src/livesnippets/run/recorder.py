"""Record what the process of the tests runs and opens, each for whom it counts."""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livesnippets.finding import Place
from livesnippets.watch.files import CODE, FileWatch
from livesnippets.watch.lines import LineRecorder
from livesnippets.watch.trace import DRIVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

    import pytest

    from livesnippets.settings import Settings
    from livesnippets.watch.trace import Opened, Trace

type Lines = dict[str, set[int]]
"""The lines that ran, by file."""
type Position = tuple[int, int, int, int]

frame_at = sys._getframe  # noqa: SLF001 - the one way to the frame that an event is about


@dataclass
class Seen:
    """What was run and opened in this process, for one test or for several."""

    lines: Lines = field(default_factory=dict)
    places: dict[str, set[Position]] = field(default_factory=dict)
    """Of the instructions that ran, see `Trace.positions`."""
    files: set[Opened] = field(default_factory=set)


class DriverRecorder(LineRecorder):
    """Keeps the tests of one process apart from each other, and from what runs between them.

    What a module runs while it is imported counts for every test that depends on the module,
    whichever made Python import it; what sets up a fixture that tests share, for each of them.
    What runs on a thread that began before the test counts for none: it is not that one's doing.
    """

    def __init__(self, settings: Settings, nobody: Trace) -> None:
        """Take a trace for what runs outside of all tests; it is not read."""
        shown = settings.root / settings.snippets
        super().__init__(settings.root, settings.foreign, nobody, DRIVER, shown)
        self.imported: dict[str, Seen] = {}
        """What was seen while each file was imported; or, of files alone, outside of all tests."""
        self.code: set[Opened] = set()
        """The modules that Python has loaded."""
        self._shared: dict[pytest.FixtureDef[object], Seen] = {}
        self._in_set_up: list[Seen] = []
        self._test: Seen | None = None
        self._earlier: set[threading.Thread] = set()
        omit = [*settings.foreign, settings.evidence_directory]
        self._watch = FileWatch(settings.root, omit, self._note)

    def start(self) -> None:
        """Begin to record, in all threads of this process."""
        self._watch.start()
        super().start()

    def stop(self) -> None:
        """End the recording."""
        super().stop()
        self._watch.stop()

    def begin(self, trace: Trace) -> None:
        """Write into the trace of a test from now on."""
        self._earlier = {*threading.enumerate()} - {threading.current_thread()}
        self.redirect(trace)
        self._test = Seen()

    def end(self, item: pytest.Item) -> list[Seen]:
        """Write for no test from now on; return what counts for the one that has ended.

        The lines that it ran itself are in its trace.
        """
        test, self._test = self._test or Seen(), None
        names = getattr(item, "fixturenames", ())  # a doctest has none
        used = [
            seen
            for fixture, seen in self._shared.items()
            if fixture.argname in names and item.nodeid.startswith(fixture.baseid)
        ]
        return [test, *used]

    @contextlib.contextmanager
    def setting_up(self, fixture: pytest.FixtureDef[object]) -> Iterator[None]:
        """Keep what sets up a fixture for all tests that use it."""
        if fixture.scope == "function":
            yield
            return
        self._in_set_up.append(self._shared.setdefault(fixture, Seen()))
        sys.monitoring.restart_events()
        try:
            yield
        finally:
            self._in_set_up.pop()
            sys.monitoring.restart_events()

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

    def _ran(self, code: CodeType, line: int | None, place: Position | None) -> object:
        if threading.current_thread() in self._earlier:
            return None
        importer = self._importer(frame_at(2))
        if owners := self._owners(importer):
            path = code.co_filename[len(self.root) :]
            for owner in owners:
                owner.lines.setdefault(path, set()).update([line] if line else [])
                owner.places.setdefault(path, set()).update([place] if place else [])
        if self._test is None:
            return None
        done = super()._ran(code, line, place)
        # The test, or another import, may run it, too; of a fixture we know the end.
        return None if importer else done

    def _note(self, file: Opened) -> None:
        if file.kind == CODE:
            self.code.add(file)
            return
        frame = frame_at(1)
        importer = self._importer(frame)
        if self._test is None and not importer:  # a hook: whoever depends on its file depends on it
            importer = next(self._ours(frame), ("",))[0]
        for owner in [*self._owners(importer), *filter(None, [self._test])]:
            owner.files.add(file)

    def _owners(self, importer: str) -> list[Seen]:
        """Return for whom it counts what happens now, besides the test that runs."""
        if importer:
            return [self.imported.setdefault(importer, Seen())]
        main = threading.current_thread() is threading.main_thread()
        return self._in_set_up if main else []

    def _importer(self, frame: FrameType | None) -> str:
        """Return the file of the repository that is being imported, if that is why a frame runs."""
        while frame is not None:
            name = frame.f_code.co_name  # looked at first: this happens often
            if name == "<module>" and self._is_ours(frame.f_code.co_filename) and _is_import(frame):
                return frame.f_code.co_filename[len(self.root) :]
            frame = frame.f_back
        return ""

    def _ours(self, frame: FrameType | None) -> Iterator[tuple[str, FrameType]]:
        """Yield the frames of the repository's code, the innermost first, each with its file."""
        while frame is not None:
            if self._is_ours(frame.f_code.co_filename):
                yield frame.f_code.co_filename[len(self.root) :], frame
            frame = frame.f_back


def _is_import(frame: FrameType) -> bool:
    """Whether a module's frame loads it, and does not run it as a program."""
    name = frame.f_globals.get("__name__")
    module = sys.modules.get(str(name))
    return name != "__main__" and getattr(module, "__dict__", None) is frame.f_globals
