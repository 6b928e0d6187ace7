"""Serve the pages to browsers on this machine, and tell them what changes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from msgspec.structs import replace
from sphinx_autobuild.server import RebuildServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request  # noqa: TC002 - Starlette reads the annotation
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from livesnippets import isolation
from livesnippets.preview import status
from livesnippets.preview.app import say
from livesnippets.preview.changes import Tree, follow
from livesnippets.preview.events import Asked, Saved
from livesnippets.preview.folders import Folders
from livesnippets.preview.middleware import Fresh, Injector, SameOrigin
from livesnippets.preview.port import HOST
from livesnippets.preview.session import Session
from livesnippets.preview.workers import end_with_parent, sockets_in
from livesnippets.run.temporary import TemporaryFolder, for_sockets
from livesnippets.settings import EVIDENCE, Settings

if TYPE_CHECKING:
    import socket

    from starlette.websockets import WebSocket

NAMES = [HOST, "localhost"]
MISSING = """<!doctype html><html lang="en"><title>Not there</title>
<p>This page is not there. If a build is about to make it, it will appear by itself.</p>
"""
OWN_EVIDENCE = "build/preview-evidence"
"""Tests that run beside each other prove lines, but what they measure is not to be published."""


class Watcher(RebuildServer):  # type: ignore[misc] # sphinx-autobuild has no types
    """sphinx-autobuild's socket and life, which serve our session and let it run."""

    def __init__(self, session: Session, *, anew: bool) -> None:
        self.tree = Tree(session.settings)
        super().__init__([], self.tree.ignores, session.tell)
        self.session = session
        self.anew = anew

    async def main(self) -> None:
        """Run the session until the server stops; end it before the server does."""
        leaving = asyncio.create_task(self.should_exit.wait())
        watching = asyncio.create_task(self.watch())
        await asyncio.wait({leaving, watching}, return_when=asyncio.FIRST_COMPLETED)
        self.session.leave()  # if it ended by itself, something is wrong with it
        leaving.cancel()
        watching.cancel()
        await self.session.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

    async def watch(self) -> None:
        """Run the session, and tell it what changes."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.session.run(anew=self.anew))
            tasks.create_task(follow(self.tree, lambda paths: self.session.tell(Saved(paths))))

    async def watch_reloads(self, ws: WebSocket) -> None:
        """Tell a browser how things stand, as long as it listens."""
        with contextlib.suppress(WebSocketDisconnect):  # it may leave while it is told
            async for message in self.session.follow():
                await ws.send_text(message)


def application(session: Session, *, anew: bool = False) -> Starlette:
    """Return the application that runs and serves `session`."""

    async def rerun(request: Request) -> Response:
        """Run the tests of a block that some page shows; the name of the block is all it takes."""
        block = request.query_params.get("block", "")
        if status.showing(session.state.site, block) is None:
            return PlainTextResponse("no page shows this block\n", HTTPStatus.NOT_FOUND)
        session.tell(Asked(block))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    watcher = Watcher(session, anew=anew)
    return Starlette(
        routes=[
            WebSocketRoute("/_preview/state", watcher),
            Route("/_preview/rerun", rerun, methods=["POST"]),
            Mount("/_preview", Fresh(directory=Path(__file__).parent / "static")),
            Mount("/", Fresh(directory=session.folders.pages, html=True, check_dir=False)),
        ],
        exception_handlers={HTTPStatus.NOT_FOUND: _missing},
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=NAMES, www_redirect=False),
            Middleware(SameOrigin),
            Middleware(Injector, session=session),
        ],
        lifespan=watcher.lifespan,
    )


def _missing(_request: Request, _error: Exception) -> Response:
    """Answer for a page that is not there, or not yet: its script loads it when it is."""
    return HTMLResponse(MISSING, HTTPStatus.NOT_FOUND)


def serve(port: socket.socket, root: Path, source: Path, conf: Path, *, anew: bool) -> bool:
    """Serve the pages until this process is told to end; return whether to start it again."""
    os.setsid()  # the terminal's Ctrl-C is for the parent, which tells this process once
    end_with_parent()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or the end would not be tidy
    os.environ.update(isolation.VARIABLES)
    settings = Settings.read(root)
    os.environ[EVIDENCE] = OWN_EVIDENCE  # for all processes to come
    made = root / "build"
    pages, doctrees = made / "preview", made / "preview-doctrees"
    pages.mkdir(parents=True, exist_ok=True)
    folders = Folders(root, source, conf, pages, doctrees, made / "preview.log")
    own = replace(settings, evidence=OWN_EVIDENCE)
    temporary = TemporaryFolder("preview-", for_sockets())  # as long as this process
    sockets_in(temporary.path)
    session = Session(own, settings.evidence_directory, folders)
    app = application(session, anew=anew)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    session.leave = lambda: setattr(server, "should_exit", True)
    say(f"serving on http://{HOST}:{port.getsockname()[1]}, until Ctrl-C")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[port])
    return session.again
