"""Serve the pages to browsers on this machine, and tell them what changes."""

from __future__ import annotations

import asyncio
import socket
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import watchfiles
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

    from livesnippets.preview.session import Session
    from livesnippets.preview.status import Pages

HOST = "127.0.0.1"
NAMES = [HOST, "localhost"]
MISSING = """<!doctype html><html lang="en"><title>Not there</title>
<p>This page is not there. If a build is about to make it, it will appear by itself.</p>
"""
ADDED = (
    '<link rel="stylesheet" href="/_preview/preview.css">'
    '<script src="/_preview/preview.js" data-version="{version}"></script>'
)
"""What each page gets at its end."""
IGNORED = [r"/__pycache__(/|$)", r"/\.[^/]*$", r"~$", r"\.(swp|swx|tmp|pyc)$", r"/4913$"]
"""What editors and Python leave beside the files that they write."""


class Watcher(RebuildServer):  # type: ignore[misc] # sphinx-autobuild has no types
    """sphinx-autobuild's watcher and its socket, which tell and serve our session."""

    def __init__(self, folders: Sequence[Path], root: Path, session: Session) -> None:
        super().__init__(folders, IgnoreFilter([root / "build"], IGNORED), session.changed)
        self.root = root
        self.session = session

    async def main(self) -> None:
        """Run the session until the server stops; end it before the server does."""
        watching = asyncio.create_task(self.watch())
        await self.should_exit.wait()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await self.session.stop()

    async def watch(self) -> None:
        """Start the session, and hand it what changes."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.session.start())
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
            await self.change_callback({Path(path) for _, path in found})

    async def watch_reloads(self, ws: WebSocket) -> None:
        """Tell a browser how things stand, as long as it listens."""
        async for message in self.session.board.follow():
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

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self.app = app
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name in the script the version of the page that it goes with."""
        injector = JavascriptInjectorMiddleware(self.app, "")
        version = self.pages.version(scope.get("path", ""))
        injector.script = ADDED.format(version=version).encode()
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


def application(folders: Sequence[Path], root: Path, session: Session) -> Starlette:
    """Return the application that serves `session`."""

    async def rerun(request: Request) -> Response:
        """Run the tests of a block that some page shows; the name of the block is all it takes."""
        block = request.query_params.get("block", "")
        if session.board.pages.showing(block) is None:
            return PlainTextResponse("no page shows this block\n", HTTPStatus.NOT_FOUND)
        await session.rerun(block)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    watcher = Watcher(folders, root, session)
    pages = session.board.pages
    return Starlette(
        routes=[
            WebSocketRoute("/_preview/state", watcher),
            Route("/_preview/rerun", rerun, methods=["POST"]),
            Mount("/_preview", Fresh(directory=Path(__file__).parent / "static")),
            Mount("/", Fresh(directory=pages.folder, html=True, check_dir=False)),
        ],
        exception_handlers={HTTPStatus.NOT_FOUND: _missing},
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=NAMES, www_redirect=False),
            Middleware(SameOrigin),
            Middleware(Injector, pages=pages),
        ],
        lifespan=watcher.lifespan,
    )


def _missing(_request: Request, _error: Exception) -> Response:
    """Answer for a page that is not there, or not yet: its script loads it when it is."""
    return HTMLResponse(MISSING, HTTPStatus.NOT_FOUND)


def free_port(wanted: int, tries: int = 100) -> socket.socket:
    """Return a socket on `wanted`, or on the next port that is free; raises `OSError`."""
    for port in range(wanted, wanted + tries):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
            bound.listen(128)
        except (OSError, OverflowError) as error:
            bound.close()
            last = error
        else:
            return bound
    raise last
