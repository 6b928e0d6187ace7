from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from livesnippets.preview import status
from livesnippets.preview.events import Asked, Page, Site
from livesnippets.preview.folders import Folders
from livesnippets.preview.port import free_port
from livesnippets.preview.server import Watcher, application
from livesnippets.preview.state import Layout, State
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from livesnippets.preview.events import Event

FOREIGN = "http://elsewhere.example"


class Session:
    """A session that has nothing to do."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(root)
        pages = root / "build/preview"
        log = root / "build/preview.log"
        self.folders = Folders(root, root / "docs", root, pages, root / "build/doctrees", log)
        page = Page("v1", "docs/index.md", frozenset({"snippets/a.py"}))
        layout = Layout("docs", "conf.py", "tests", frozenset())
        self.state = State(layout, site=Site(pages={"index.html": page}, assets="a1"))
        self.told: list[Event] = []
        self.stopped = False

    async def run(self, *, anew: bool) -> None:
        """Do nothing, for as long as it takes."""
        assert not anew
        await asyncio.Event().wait()

    def tell(self, event: Event) -> None:
        """Note what has happened."""
        self.told.append(event)

    async def follow(self) -> AsyncIterator[str]:
        """Yield how things stand."""
        yield json.dumps(status.message(self.state))
        await asyncio.Event().wait()

    def leave(self) -> None:
        """Do nothing: the server is about to stop."""

    async def stop(self) -> None:
        """Note the end."""
        self.stopped = True


class Served:
    """A running server and how to ask it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "build/preview"
        self.folder.mkdir(parents=True)
        (root / "secret.txt").write_text("secret")
        (self.folder / "index.html").write_text("<p>hello")
        (self.folder / "link.txt").symlink_to(root / "secret.txt")
        self.session = Session(root)
        self.socket = free_port(0)
        self.port = self.socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        app = application(self.session)  # type: ignore[arg-type] # as much as is used
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],))

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Send a request as it stands, and return the status and the text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        self.headers = answer.headers
        connection.close()
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Serve a folder with one page."""
    found = Served(tmp_path)
    found.thread.start()
    yield found
    found.server.should_exit = True
    found.thread.join(20)
    found.socket.close()
    assert not found.thread.is_alive()
    assert found.session.stopped


def test_a_page_comes_with_its_version(served: Served) -> None:
    """So that its script knows whether it is the newest."""
    status, text = served.ask("/")
    assert status == 200
    assert text.startswith("<p>hello")
    assert text.endswith('"/_preview/preview.js" data-version="v1" data-assets="a1"></script>')
    assert served.ask("/_preview/preview.js")[0] == 200


def test_a_browser_keeps_assets_and_asks_whether_they_are_right(served: Served) -> None:
    """But no page: its version changes with what it loads, though its file does not."""
    served.ask("/")
    assert served.headers["Cache-Control"] == "no-store"
    style = served.folder / "site.css"
    style.write_text("a {}")
    assert served.ask("/site.css") == (200, "a {}")
    assert served.headers["Cache-Control"] == "no-cache"
    known = {"If-None-Match": served.headers["ETag"]}
    assert served.ask("/site.css", **known)[0] == 304
    style.write_text("b { color: red }")
    assert served.ask("/site.css", **known) == (200, "b { color: red }")


def test_nobody_else_can_reach_it(served: Served) -> None:
    """It listens on the loopback interface alone."""
    assert served.socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", served.port))


@pytest.mark.parametrize("host", ["elsewhere.example", "127.0.0.1.elsewhere.example", ""])
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    """A name that another site points at this machine gets nothing, not even a page."""
    assert served.ask("/", Host=host)[0] == 400
    assert served.ask("/", Host=f"localhost:{served.port}")[0] == 200


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(served: Served, origin: str) -> None:
    """Another site's page can neither read nor ask for anything, nor listen."""
    address = "/_preview/rerun?block=snippets/a.py"
    assert served.ask("/", Origin=origin)[0] == 403
    assert served.ask(address, "POST", Origin=origin)[0] == 403
    assert served.ask(address, "POST")[0] == 403
    assert served.session.told == []
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{served.port}/_preview/state", origin=Origin(origin))
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{served.port}/_preview/state")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("destination", ["script", "style", "image", "iframe", "embed", "empty"])
def test_another_site_cannot_embed_what_is_served(
    served: Served, site: str, destination: str
) -> None:
    """Its page would learn what a draft says; a link to a page, which fills the window, works."""
    asked = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": destination}
    assert served.ask("/", **asked)[0] == 403
    assert served.ask("/", **{**asked, "Sec-Fetch-Site": "same-origin"})[0] == 200
    assert served.ask("/", **{**asked, "Sec-Fetch-Dest": "document"})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../secret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/..%2f..%2fsecret.txt",
        "//../../secret.txt",
        "/link.txt",
        "/_preview/../../../secret.txt",
        "/_preview/%2e%2e/server.py",
    ],
)
def test_what_is_outside_the_build_is_refused(served: Served, path: str) -> None:
    """However a request writes the way there."""
    status, text = served.ask(path)
    assert status in (400, 404)
    assert "secret" not in text


def test_a_browser_may_name_a_block(served: Served) -> None:
    """One that a page shows, and nothing else; a mere link asks for nothing."""

    def post(block: str) -> int:
        return served.ask(f"/_preview/rerun?block={block}", "POST", Origin=served.origin)[0]

    assert post("snippets/a.py") == 204
    for other in ("", "snippets/b.py", "../a.py", "snippets/a.py;id", "-x"):
        assert post(other) == 404
    assert served.session.told == [Asked("snippets/a.py")]
    assert served.ask("/_preview/rerun?block=snippets/a.py", Origin=served.origin)[0] == 404


def test_a_browser_hears_how_things_stand(served: Served) -> None:
    """At once, and it is one of many."""
    address = f"ws://127.0.0.1:{served.port}/_preview/state"
    with (
        connect(address, origin=Origin(served.origin)) as one,
        connect(address, origin=Origin(served.origin)) as other,
    ):
        heard: list[dict[str, Any]] = [json.loads(each.recv(20)) for each in (one, other)]
    assert heard[0] == heard[1] == status.message(served.session.state)


def test_a_browser_may_leave_while_it_is_told(tmp_path: Path) -> None:
    """That is no error, of which the terminal would have to tell."""

    class Gone:
        async def send_text(self, _text: str) -> None:
            raise WebSocketDisconnect(code=1006)

    session = Session(tmp_path)
    watcher = Watcher(session, anew=False)  # type: ignore[arg-type] # as much as is used
    told = watcher.watch_reloads(Gone())  # type: ignore[arg-type] # the same
    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already, that of a browser
        thread.submit(asyncio.run, told).result()
