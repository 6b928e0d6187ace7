"""The preview's command: serve the pages on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import os
import signal
import sys
from pathlib import Path

import uvicorn
from msgspec.structs import replace

from livesnippets import isolation
from livesnippets.preview.server import HOST, application, free_port
from livesnippets.preview.session import Session
from livesnippets.preview.status import Board, Pages
from livesnippets.settings import EVIDENCE, Settings, SettingsError

OWN_EVIDENCE = "build/preview-evidence"
"""Tests that run beside each other prove lines, but what they measure is not to be published."""


def main(arguments: list[str] | None = None) -> int:
    """Run the preview of the repository in the current folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="livesnippets.preview", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="the first port to try")
    parser.add_argument("--clean", action="store_true", help="build everything anew at first")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    try:
        settings = Settings.read(root)
        _check(root)
        port = free_port(options.port)
    except (SettingsError, OSError, OverflowError) as error:
        print(f"[preview] {error}", file=sys.stderr)  # noqa: T201 - the terminal is the author's
        return 1
    os.environ.update(isolation.VARIABLES)
    os.environ[EVIDENCE] = OWN_EVIDENCE  # for all processes to come
    board = Board(Pages(root / "build/preview"))
    board.pages.folder.mkdir(parents=True, exist_ok=True)
    number = port.getsockname()[1]
    if number != options.port:
        board.say(f"port {options.port} is in use: taking the next one that is free")
    if warning := isolation.warning():
        board.say(warning)
    board.say(f"serving on http://{HOST}:{number}, until Ctrl-C")
    published = settings.evidence_directory
    session = Session(replace(settings, evidence=OWN_EVIDENCE), published, board)
    session.clean = options.clean
    folders = [folder for folder in root.iterdir() if _is_watched(folder, settings)]
    application_ = application(folders, root, session)
    server = uvicorn.Server(
        uvicorn.Config(application_, log_level="warning", timeout_graceful_shutdown=1)
    )
    session.leave = lambda: setattr(server, "should_exit", True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the end would not be tidy
    with contextlib.suppress(KeyboardInterrupt), port:
        server.run(sockets=[port])
    if session.again:
        del os.environ[EVIDENCE]
        command = [sys.executable, "-m", "livesnippets.preview", "--clean", "--port", str(number)]
        atexit._run_exitfuncs()  # noqa: SLF001 - they remove folders; a new program skips them
        os.execv(sys.executable, command)  # noqa: S606 - this very program
    return 0


def _check(root: Path) -> None:
    for name in ("conf.py", "docs"):
        if not (root / name).exists():
            msg = f"{root / name}: is missing; start the preview in the root of the repository"
            raise FileNotFoundError(msg)


def _is_watched(folder: Path, settings: Settings) -> bool:
    """Whether code or pages may live in a folder of the root."""
    made = folder.name.startswith(".") or folder.name in {"build", *settings.omit}
    return folder.is_dir() and not made
