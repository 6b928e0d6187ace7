"""The finished pages, as `make html` left them."""

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from selectolax.lexbor import LexborHTMLParser

from livesnippets.run.cluster import Cluster
from tests.support import chromium as browsers

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build/html"

PATTERN = "patterns/concurrent-operations-async-actor.html"
RAY_GET = "patterns/ray-get-in-a-loop.html"
REFERENCE = "reference/async-actors.html"
CODE_PAGES = (PATTERN, RAY_GET, REFERENCE)

for name in ("SITE_URL", "SITE_SOURCE", "SITE_EDIT"):
    os.environ.pop(name, None)  # what tests build has no address, wherever the site will be

VARIES = "VARIES"
"""Stands for a piece of an output that differs from run to run."""

expect.set_options(timeout=60_000)  # a browser waits for tests and builds, not for itself alone


def root_of_site() -> str:
    """Return the path at which the site stands on its host, for which it was built."""
    [root] = re.findall(r'href="(.*)/_static/favicon.svg', (SITE / "404.html").read_text())
    return str(root)


def outputs_of(page: LexborHTMLParser) -> dict[str, list[re.Pattern[str]]]:
    """Return what matches each line that a page says its programs print, by the module's path.

    Lines of Ray's workers, which come whenever they do, are left out.
    """
    found = {}
    for output in page.css("[data-display=output]"):
        module = json.loads(output.attributes["data-request"] or "")
        block = output.css_first("pre")
        assert block is not None
        for piece in block.css(".varies"):
            piece.inner_html = VARIES
        lines = [line for line in block.text().splitlines() if line and not line.startswith("(")]
        patterns = [re.escape(line).replace(VARIES, ".+") for line in lines]
        found[f"{module.replace('.', '/')}.py"] = [re.compile(each) for each in patterns]
    return found


@pytest.fixture
def page(request: pytest.FixtureRequest) -> LexborHTMLParser:
    """Parse the page that the test is parametrized with."""
    path = SITE / request.param
    assert path.exists(), f"{path} is missing; run 'make html'"
    return LexborHTMLParser(path.read_bytes())


@pytest.fixture(scope="session")
def cluster_address() -> Iterator[str]:
    """Start a Ray cluster that scripts can join."""
    cluster = Cluster()
    yield cluster.address
    cluster.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; where CI is set it must be there."""
    found = browsers.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(browsers.MISSING, pytrace=False)
        pytest.skip(browsers.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=browsers.OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of the site in a fresh window.

    It takes the page's path or address, and what Playwright takes for a window. When the test is
    over, no page may have written an error to its console, but for one that holds the words
    `expected`, or asked another host for anything.
    """
    complaints: list[str] = []
    requests: list[str] = []
    windows: list[BrowserContext] = []

    def open_page(address: str, expected: str | None = None, **window: Any) -> Page:  # noqa: ANN401 - as Playwright's
        def note(said: ConsoleMessage) -> None:
            if said.type == "error" and (expected is None or expected not in said.text):
                complaints.append(said.text)

        windows.append(chromium.new_context(**window))
        page = windows[-1].new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        if "://" not in address:
            assert (SITE / address).exists(), f"{address} is missing; run 'make html'"
            address = (SITE / address).as_uri()
        page.goto(address)
        return page

    yield open_page
    for window in windows:
        window.close()
    assert complaints == []
    here = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")
    assert [url for url in requests if not url.startswith(here)] == []


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """Serve the site on a free port of this machine, as a host does; return its address."""
    lost, root = (SITE / "404.html").read_text(), root_of_site()

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # 1.0 closes each connection, some with a reset
        error_message_format = lost.replace("%", "%%")

        def translate_path(self, path: str) -> str:
            return super().translate_path(path.removeprefix(root))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # a page asks for more than the usual 5 at once

    with Server(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}{root}"
        server.shutdown()
