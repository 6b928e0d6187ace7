"""What the processes of one test write, in which files and in which form, and how it is read.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import mmap
import os
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DRIVER = "driver"
"""The name of the test's own process; each other one's is its id."""


class Trace:
    """A folder in which each process of one test has files of its own, named for the process.

    - ``.hits``: ``path, line`` of each line that ran, once;
    - ``.files``: ``path, kind, stamp`` of each file that was opened (`files.FileWatch`), once;
    - ``.positions``: a path, and where each of its instructions stands that ran;
    - ``.events``: what happened, and when (`Event`), if the test is recorded;
    - ``.dropped``: how many events there was no room for, a number of eight bytes;
    - ``.stack``: where the threads and coroutines of a worker stood when they were asked;
    - ``.asked``: the FIFO by which a worker is asked for its coroutines.

    The first four hold a record a line, with tabs between its fields. Each is appended at once,
    so a process that is killed has lost nothing; one that it left unfinished, without its
    newline, does not count.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open_hits(self, process: str) -> int:
        """Return a descriptor for the `hit`s of a process."""
        return self._append(f"{process}.hits")

    def note(self, process: str) -> Callable[[Opened], None]:
        """Return what writes down which files a process opens, each once."""
        descriptor, known = self._append(f"{process}.files"), set[Opened]()

        def write(file: Opened) -> None:
            if file not in known:
                known.add(file)
                os.write(descriptor, ("\t".join(file) + "\n").encode(errors="surrogateescape"))

        return write

    def open_positions(self, process: str) -> int:
        """Return a descriptor for the `position`s of a process."""
        return self._append(f"{process}.positions")

    def open_events(self, process: str) -> int:
        """Return a descriptor for the `event`s of a process."""
        return self._append(f"{process}.events")

    def open_dropped(self, process: str) -> mmap.mmap:
        """Return the count of dropped events, in memory that outlives the process."""
        with (self.folder / f"{process}.dropped").open("w+b") as file:
            file.write(bytes(8))
            file.flush()
            return mmap.mmap(file.fileno(), 8)

    def stack(self, process: str) -> Path:
        """Return the file for the stacks of a process."""
        return self.folder / f"{process}.stack"

    def asked(self, process: str) -> Path:
        """Return the path of the FIFO by which a process is asked."""
        return self.folder / f"{process}.asked"

    def _append(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return os.open(self.folder / name, flags, 0o644)

    def workers(self) -> list[int]:
        """Return the ids of all workers that the test has had so far."""
        names = (path.stem for path in self.folder.glob("*.hits"))
        return [int(name) for name in names if name != DRIVER]

    def hits(self) -> dict[str, set[int]]:
        """Return the lines of each file that ran, in whichever process."""
        hits: dict[str, set[int]] = {}
        for path in self.folder.glob("*.hits"):
            for record in _records(path):
                file, _, line = record.rpartition("\t")
                hits.setdefault(file, set()).add(int(line))
        return hits

    def opened(self) -> set[Opened]:
        """Return the files that were opened, in whichever process."""
        paths = self.folder.glob("*.files")
        found = (record.rsplit("\t", 2) for path in paths for record in _records(path))
        return {Opened(*parts) for parts in found if len(parts) == len(Opened._fields)}

    def positions(self, path: str) -> set[tuple[int, int, int, int]]:
        """Return the `position`s of the instructions of a file that ran, in whichever process."""
        begin = f"{path}\t"
        records = (each for file in self.folder.glob("*.positions") for each in _records(file))
        places = {each[len(begin) :] for each in records if each.startswith(begin)}
        found = set()
        for place in places:
            line, column, end_line, end_column = map(int, place.split("\t"))
            found.add((line, column, end_line, end_column))
        return found

    def recorded(self) -> list[str]:
        """Return the processes that have written events."""
        return sorted(path.stem for path in self.folder.glob("*.events"))

    def events(self, process: str) -> Iterator[tuple[str, str]]:
        """Yield each event of a process: its place, and the record, see `Event.of`."""
        path = self.folder / f"{process}.events"
        for number, record in enumerate(_records(path), 1):
            yield f"{path.name}:{number}", record

    def dropped(self, process: str) -> int:
        """Return how many events of a process there was no room for."""
        path = self.folder / f"{process}.dropped"
        return int.from_bytes(path.read_bytes(), "little") if path.exists() else 0


def hit(path: str, line: int) -> bytes:
    """Return the record of a line that ran."""
    return f"{path}\t{line}\n".encode(errors="surrogateescape")


class Opened(NamedTuple):
    """A file of the repository that was opened, see `files.FileWatch`."""

    path: str
    kind: str
    stamp: str


def position(path: str, place: tuple[int, int, int, int]) -> bytes:
    """Return the record of an instruction that ran: a line, a column, and those of its end."""
    return "{}\t{}\t{}\t{}\t{}\n".format(path, *place).encode(errors="surrogateescape")


def event(time: int, kind: str, thread: int, call: int, *more: object) -> bytes:
    """Return the record of an `Event`."""
    record = "\t".join(map(str, (time, kind, thread, call, *more)))
    return f"{record}\n".encode(errors="surrogateescape")


class Event(NamedTuple):
    """Something that a call did: its `kind`, and `more` as the kind has it.

    - ``start``: path, line, qualified name, and the id of the Ray task that it runs in;
    - ``line``: number;
    - ``suspend``, ``resume``, ``return``, ``unwind``; ``wait`` and ``waited``, in ``ray.get`` or
      ``ray.wait``: nothing;
    - ``submit``: the target's name and the id of the task that shall run it;
    - ``begin``: the id of a task of an actor, before the method runs, whosever code that is;
    - ``kill``: the id of the actor that ``ray.kill`` has ended.

    A generator that is closed early, where nothing handles that, ends without an event: for a
    recording it stays suspended.
    """

    time: int
    """Nanoseconds of the machine's monotonic clock, which is the same for all processes."""
    kind: str
    thread: int
    call: int
    """The calls of a process are numbered from 1; 0 is outside the repository's code."""
    more: list[str]

    @classmethod
    def of(cls, record: str) -> Event:
        """Return the event that a record stands for; raises `ValueError` if it stands for none."""
        time, kind, thread, call, *more = record.split("\t")
        return cls(int(time), kind, int(thread), int(call), more)


def count_one(dropped: mmap.mmap) -> None:
    """Add one to the count of dropped events."""
    dropped[:] = (int.from_bytes(dropped[:], "little") + 1).to_bytes(8, "little")


def _records(path: Path) -> list[str]:
    """Return the finished records of a file."""
    return path.read_bytes().decode(errors="replace").split("\n")[:-1]
