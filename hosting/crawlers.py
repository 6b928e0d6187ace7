"""What crawlers read first: where the list of all pages is, and that it lists all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

PAGES = "sitemap.xml"


def rewritten(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name all pages, if the site's address is known: the list names what a build writes."""
    return sorted(env.found_docs) if app.config.html_baseurl else []


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write robots.txt; leave no list of an earlier build that knew another address."""
    if exception is not None or app.builder.format != "html":
        return
    site, robots = app.config.html_baseurl, "User-agent: *\nAllow: /\n"
    if site:
        robots += f"Sitemap: {site}{PAGES}\n"
    else:
        Path(app.outdir, PAGES).unlink(missing_ok=True)
    Path(app.outdir, "robots.txt").write_text(robots, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the handlers."""
    app.connect("env-updated", rewritten)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
