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
import watchfiles
from msgspec.structs import replace
from sphinx_autobuild.filter import IgnoreFilter
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request  # noqa: TC002 - Starlette reads the annotation
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocketDisconnect

from livesnippets import isolation
from livesnippets.preview import status
from livesnippets.preview.app import say
from livesnippets.preview.events import Asked, Saved
from livesnippets.preview.port import HOST
from livesnippets.preview.session import Session
from livesnippets.preview.sphinx_worker import Folders
from livesnippets.preview.workers import end_with_parent
from livesnippets.settings import EVIDENCE, Settings

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

NAMES = [HOST, "localhost"]
MISSING = """<!doctype html><html lang="en"><title>Not there</title>
<p>This page is not there. If a build is about to make it, it will appear by itself.</p>
"""
ADDED = (
    '<link rel="stylesheet" href="/_preview/preview.css">'
    '<script src="/_preview/swap.js"></script>'
    '<script src="/_preview/preview.js" data-version="{version}" data-assets="{assets}"></script>'
)
"""What each page gets at its end."""
OWN_EVIDENCE = "build/preview-evidence"
"""Tests that run beside each other prove lines, but what they measure is not to be published."""
IGNORED = [r"/__pycache__(/|$)", r"/\.[^/]*$", r"~$", r"\.(swp|swx|tmp|pyc)$", r"/4913$"]
"""What editors and Python leave beside the files that they write."""


class Watcher(RebuildServer):  # type: ignore[misc] # sphinx-autobuild has no types
    """sphinx-autobuild's watcher and its socket, which tell and serve our session."""

    def __init__(self, folders: Sequence[Path], session: Session, *, anew: bool) -> None:
        self.root = session.settings.root
        super().__init__(folders, IgnoreFilter([self.root / "build"], IGNORED), session.tell)
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
            tasks.create_task(self._watch(self.paths, recursive=True))
            # Of the root its files alone: a watch on a file ends when an editor replaces it.
            tasks.create_task(self._watch([self.root], recursive=False))

    async def _watch(self, paths: list[Path], *, recursive: bool) -> None:
        changes = watchfiles.awatch(
            *paths,
            watch_filter=lambda _, path: not self.ignore(path),
            recursive=recursive,
            step=20,
        )
        async for found in changes:
            self.session.tell(Saved(frozenset(self.session.name(Path(path)) for _, path in found)))

    async def watch_reloads(self, ws: WebSocket) -> None:
        """Tell a browser how things stand, as long as it listens."""
        with contextlib.suppress(WebSocketDisconnect):  # it may leave while it is told
            async for message in self.session.follow():
                await ws.send_text(message)


class SameOrigin:
    """Refuses what another site's page asks a browser to send."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass what names no other origin; a socket and a POST have to name this one.

        A script or a picture is asked for without an origin, but a browser says from where. From
        elsewhere it may come as a link does, to a page that fills the window: nobody else sees it.
        """
        headers = {key: value.decode("latin-1") for key, value in scope.get("headers", ())}
        origin = headers.get(b"origin")
        ours = f"http://{headers.get(b'host', '')}"
        from_here = headers.get(b"sec-fetch-site", "none") in ("none", "same-origin")
        a_visit = headers.get(b"sec-fetch-dest") == "document"
        harmless = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        named = origin is None and harmless and (from_here or a_visit)
        if scope["type"] == "lifespan" or origin == ours or named:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = PlainTextResponse(
                "only the preview's own pages may ask\n", HTTPStatus.FORBIDDEN
            )
            await refusal(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


class Injector:
    """Adds to each page the script that keeps it up to date."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self.app = app
        self.session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name in the script the versions of the page and of what it loads that it goes with."""
        injector = JavascriptInjectorMiddleware(self.app, "")
        site = self.session.state.site
        page = site.pages.get(status.page_at(scope.get("path", "")))
        version = page.version if page is not None else ""
        injector.script = ADDED.format(version=version, assets=site.assets).encode()
        await injector(scope, receive, send)


class Fresh(StaticFiles):
    """Files that a browser asks for each time, for they change.

    It may keep a copy of what is not a page: a page's script names a version that changes, too.
    """

    def file_response(self, *arguments: object, **options: object) -> Response:
        """Say so."""
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type] # passed on
        page = response.media_type == "text/html"
        response.headers["Cache-Control"] = "no-store" if page else "no-cache"
        return response


def application(folders: Sequence[Path], session: Session, *, anew: bool = False) -> Starlette:
    """Return the application that runs and serves `session`."""

    async def rerun(request: Request) -> Response:
        """Run the tests of a block that some page shows; the name of the block is all it takes."""
        block = request.query_params.get("block", "")
        if status.showing(session.state.site, block) is None:
            return PlainTextResponse("no page shows this block\n", HTTPStatus.NOT_FOUND)
        session.tell(Asked(block))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    watcher = Watcher(folders, session, anew=anew)
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
    session = Session(own, settings.evidence_directory, folders)
    watched = [folder for folder in root.iterdir() if _is_watched(folder, settings)]
    app = application(watched, session, anew=anew)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    session.leave = lambda: setattr(server, "should_exit", True)
    say(f"serving on http://{HOST}:{port.getsockname()[1]}, until Ctrl-C")
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[port])
    return session.again


def _is_watched(folder: Path, settings: Settings) -> bool:
    """Whether code or pages may live in a folder of the root."""
    made = folder.name.startswith(".") or folder.name in {"build", *settings.omit}
    return folder.is_dir() and not made
