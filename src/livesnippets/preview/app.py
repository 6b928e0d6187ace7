"""The preview's command: serve the pages on this machine until Ctrl-C.

The server is a child of this process, which starts it again when it asks for that.
"""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from livesnippets import isolation
from livesnippets.preview.port import HOST, free_port
from livesnippets.settings import Settings, SettingsError

if TYPE_CHECKING:
    import socket
    from multiprocessing.process import BaseProcess
    from typing import TextIO

AGAIN = 75
"""The exit code of a server that is to be started again."""
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str] | None = None) -> int:
    """Run the preview of the repository in the current folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="livesnippets.preview", description=__doc__)
    parser.add_argument("source", nargs="?", default="docs", help="the folder of the pages")
    parser.add_argument("-c", dest="conf", default=".", help="the folder of conf.py")
    parser.add_argument("--port", type=int, default=8000, help="the first port to try")
    parser.add_argument("--open", action="store_true", help="show the pages in a browser")
    parser.add_argument("--clean", action="store_true", help="build everything anew at first")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    source, conf = (Path(root / given).resolve() for given in (options.source, options.conf))
    try:
        Settings.read(root)
        _check(root, source, conf / "conf.py")
        port = free_port(options.port)
    except (SettingsError, OSError, OverflowError) as error:
        say(str(error), file=sys.stderr)
        return 1
    if port.getsockname()[1] != options.port:
        say(f"port {options.port} is in use: taking the next one that is free")
    if warning := isolation.warning():
        say(warning)
    anew, opens, spawn = options.clean, options.open, multiprocessing.get_context("spawn")
    with port:
        while True:
            server = spawn.Process(target=_serve, args=(port, root, source, conf, anew))
            address = f"http://{HOST}:{port.getsockname()[1]}" if opens else ""
            if (code := _see_through(server, address)) != AGAIN:
                return code
            anew, opens = True, False


def _check(root: Path, *paths: Path) -> None:
    for path in paths:
        if not (path.exists() and path.is_relative_to(root)):
            where = f"{path}: is missing or not below {root}"
            msg = f"{where}; start the preview in the root of the repository"
            raise FileNotFoundError(msg)


def _see_through(server: BaseProcess, address: str) -> int:
    """Run the server to its end, or to that of this process; return its exit code.

    Show the address in a browser, if there is one: the port is open, and what asks waits.
    """
    for each in ENDS:
        signal.signal(each, signal.default_int_handler)
    try:
        server.start()
        if address and not webbrowser.open(address):
            say(f"found no browser to open: go to {address}")
        server.join()
    except KeyboardInterrupt:
        for each in ENDS:
            signal.signal(each, signal.SIG_IGN)
        server.terminate()
        server.join()
        return 0
    return server.exitcode or 0


def _serve(port: socket.socket, root: Path, source: Path, conf: Path, anew: bool) -> None:  # noqa: FBT001 - as sent
    from livesnippets.preview.server import serve  # noqa: PLC0415 - the parent needs none of it

    if serve(port, root, source, conf, anew=anew):
        sys.exit(AGAIN)


def say(line: str, file: TextIO | None = None) -> None:
    """Print a line."""
    print(f"[preview] {line}", file=file, flush=True)
