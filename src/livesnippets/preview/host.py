"""Serve a finished site on this machine as a host does, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from livesnippets.page.policy import HEADER, policy_of
from livesnippets.preview.port import HOST, free_port

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
ONLY_IN_A_HEADER = "frame-ancestors 'none'"
FOREVER, ASK = "public, max-age=31536000, immutable", "no-cache"


class Site(StaticFiles):
    """The files of a site, with its ``404.html`` for what is not there."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Add what a host says of each file: for how long to keep it, and what a page may do.

        What is asked for by its digest never changes.
        """
        response = await super().get_response(path, scope)
        kept = FOREVER if scope["query_string"].startswith(b"v=") else ASK
        response.headers.update({**ALWAYS, "Cache-Control": kept})
        if isinstance(response, FileResponse) and response.media_type == "text/html":
            own = policy_of(await anyio.Path(response.path).read_bytes())
            response.headers[HEADER] = f"{own}; {ONLY_IN_A_HEADER}" if own else ONLY_IN_A_HEADER
        return response


def application(site: Path) -> Starlette:
    """Return the application that serves a folder."""
    return Starlette(
        routes=[Mount("/", Site(directory=site, html=True))],
        middleware=[Middleware(GZipMiddleware)],
    )


def main(arguments: list[str] | None = None) -> str | int:
    """Serve a site; return the exit code, or why there is nothing to serve."""
    parser = argparse.ArgumentParser(prog="livesnippets.preview.host", description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default="build/html", help="its folder")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    if not (options.site / "index.html").is_file():
        return f"{options.site}: holds no site; run 'make html'"
    try:
        port = free_port(options.port, tries=1)
    except (OSError, OverflowError) as error:
        return f"port {options.port}: {error}; choose another with PORT="
    print(f"serving {options.site} on http://{HOST}:{port.getsockname()[1]}", flush=True)  # noqa: T201 - whoever started it reads where
    server = uvicorn.Server(uvicorn.Config(application(options.site), log_level="warning"))
    with port, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[port])
    return 0


if __name__ == "__main__":
    sys.exit(main())
