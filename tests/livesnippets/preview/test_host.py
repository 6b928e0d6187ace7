"""A finished site is served as a host serves it."""

from __future__ import annotations

import signal
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn

from livesnippets.preview.host import application, main
from livesnippets.preview.port import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = "default-src 'none'; style-src 'self'"
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return the folder of a small site."""
    pages = {"index.html": META, "guide/index.html": "", "404.html": META + "lost"}
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"<!doctype html>{text}")
    (tmp_path / "site.css").write_text("a { color: red }\n" * 100)
    return tmp_path


@pytest.fixture
def client(site: Path) -> Iterator[httpx.Client]:
    """Serve it, and return what asks for its files."""
    port = free_port(0)
    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning"))
    serving = Thread(target=server.run, args=([port],))
    serving.start()
    address = "http://{}:{}".format(*port.getsockname())
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client
    server.should_exit = True
    serving.join()
    port.close()


def test_a_page_has_its_policy_and_more_in_its_headers(client: httpx.Client) -> None:
    """Nobody may frame it, whether it has a policy of its own or not."""
    headers = client.get("/").headers
    assert headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert client.get("/guide/").headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "content-security-policy" not in client.get("/site.css").headers


def test_what_is_not_there_is_said_by_the_sites_own_page(client: httpx.Client, site: Path) -> None:
    """If it has one; and nothing outside of the site is there."""
    lost = client.get("/deep/lost.html")
    assert (lost.status_code, lost.text[-4:]) == (404, "lost")
    assert lost.headers["content-security-policy"].startswith(POLICY)
    (site / "404.html").unlink()
    assert client.get("/lost.html").status_code == 404
    assert client.get("/%2e%2e/%2e%2e/etc/passwd").status_code == 404
    assert client.post("/").status_code == 405


def test_files_come_compressed_and_are_kept_as_long_as_they_are_right(client: httpx.Client) -> None:
    """One that is asked for by its digest for ever; others are asked for each time."""
    style = client.get("/site.css")
    assert style.headers["content-encoding"] == "gzip"
    assert style.headers["cache-control"] == "no-cache"
    again = client.get("/site.css", headers={"if-none-match": style.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "immutable" in client.get("/site.css?v=0123").headers["cache-control"]


def test_without_a_site_or_a_port_one_line_says_what_to_do(site: Path) -> None:
    """And nothing is served."""
    empty = site / "empty"
    assert main([str(empty)]) == f"{empty}: holds no site; run 'make html'"
    with free_port(0) as taken:
        number = taken.getsockname()[1]
        told = str(main([str(site), "--port", str(number)]))
    assert told.startswith(f"port {number}: ")
    assert "in use" in told
    assert told.endswith("; choose another with PORT=")
    assert "\n" not in told


def test_it_serves_until_it_is_told_to_end(site: Path) -> None:
    """Ctrl-C ends it without a word."""
    command = [sys.executable, "-m", "livesnippets.preview.host", str(site), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        assert httpx.get(address, trust_env=False, timeout=60).status_code == 200
        server.send_signal(signal.SIGINT)
        assert server.stdout.read() == ""
        assert server.wait(30) == 0
