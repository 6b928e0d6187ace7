"""What stands between a browser and the pages: who may ask, and what each page gets."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from livesnippets.preview import status

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from livesnippets.preview.session import Session

ADDED = (
    '<link rel="stylesheet" href="/_preview/preview.css">'
    '<script src="/_preview/swap.js"></script>'
    '<script src="/_preview/preview.js" data-version="{version}" data-assets="{assets}"></script>'
)
"""What each page gets at its end."""


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
