"""What a stranger gets from a test run and from the preview: nothing."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from ray.core.generated import runtime_env_agent_pb2

from tests.support import files
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser

    Commands = Sequence[str]

pytestmark = pytest.mark.timeout(300)  # it starts a Ray, perhaps beside busy neighbours

FOREIGN = "elsewhere.example"
DRAFT = "Not yet published"
FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\ntimeout_method = "signal"\n',
    "conf.py": 'extensions = ["myst_parser", "livesnippets"]\n',
    "docs/index.md": f"# {DRAFT}\n\n```{{literalinclude}} ../snippets/waits.py\n```\n",
    "snippets/waits.py": """import ray


@ray.remote
class Waits:
    def answer(self):
        return True
""",
    "tests/snippets/test_waits.py": """
import time
from pathlib import Path

import ray
from snippets.waits import Waits


def test_it(ray_job):
    waits = Waits.remote()
    ray.get(waits.answer.remote())
    Path("build/at-work").touch()
    while not Path("build/over").exists():
        time.sleep(0.05)
""",
    "virtualenv.py": "",  # Ray installs packages only where it finds this module
}
INSTALLED = {
    "pyproject.toml": """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "attack"
version = "1"
""",
    "backend.py": "from pathlib import Path\n\nPath(__file__).with_name('ran').touch()\n",
}
"""A package that leaves a file when pip looks at it."""

METHODS = (  # one of each of Ray's servers
    "CoreWorkerService/GetCoreWorkerStats",
    "JobInfoGcsService/GetNextJobID",
    "NodeManagerService/GetNodeStats",
    "ObjectManagerService/Pull",
)
UNKNOWN_METHOD, UNAUTHENTICATED = "12", "16"
REFUSALS = {400, 401, 403}
NOT_SPOKEN = httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError

PAGE = """
<!doctype html><title>elsewhere</title>
<script>
function script(address) {
  return new Promise((resolve) => {
    const element = document.createElement("script");
    element.onload = () => resolve(`ran ${address}`);
    element.onerror = () => resolve("");
    element.src = address;
    document.head.append(element);
  });
}
function listen(address) {
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.onopen = () => resolve(`heard ${address}`);
    socket.onerror = () => resolve("");
  });
}
async function read(address) {
  try {
    return `read ${address}: ${await (await fetch(address)).text()}`;
  } catch {
    return "";
  }
}
async function post(address, body) {
  const blob = new Blob([Uint8Array.from(body)]);
  await fetch(address, { method: "POST", mode: "no-cors", body: blob }).catch(() => "");
  return "";  // what comes back is kept from a page of another site
}
async function attack([ports, body]) {
  const told = await Promise.all(ports.flatMap((port) => [
    post(`http://127.0.0.1:${port}/get_or_create_runtime_env`, body),
    post(`http://127.0.0.1:${port}/_preview/rerun?block=snippets/waits.py`, []),
    read(`http://127.0.0.1:${port}/`),
    script(`http://127.0.0.1:${port}/searchindex.js`),
    script(`http://127.0.0.1:${port}/_preview/preview.js`),
    listen(`ws://127.0.0.1:${port}/_preview/state`),
  ]));
  return told.filter((each) => each);
}
</script>
"""


class Target:
    """A small repository, and what runs in it."""

    def __init__(self, temporary: Path, arguments: Commands) -> None:
        self.root, self.home, self.temporary = (temporary / each for each in ("site", "home", "t"))
        self.package = temporary / "attack"
        for folder, wanted in ((self.root, FILES), (self.package, INSTALLED)):
            for path, text in wanted.items():
                files.write(folder / path, text)
        self.home.mkdir()
        self.temporary.mkdir()
        (self.root / "build").mkdir()
        self.said = temporary / "said"
        with self.said.open("w") as said:
            self.process = psutil.Popen(
                [sys.executable, "-m", *arguments],
                cwd=self.root,
                env={
                    **os.environ,
                    "HOME": str(self.home),
                    "TMPDIR": str(self.temporary),
                    "PYTHONPATH": str(self.root),
                },
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def wait_for(self, pattern: str) -> None:
        """Wait until there is a file of such a name."""
        wait_until(
            lambda: list(self.root.glob(pattern)),
            lambda: f"{pattern}: {self.said.read_text()}",
            seconds=120,
        )

    @property
    def processes(self) -> list[psutil.Process]:
        """The process that was started, and all that it has started."""
        return [self.process, *self.process.children(recursive=True)]

    def listening(self) -> dict[int, str]:
        """Return the port of each TCP socket that listens, and the name of its process."""
        found = {}
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                for connection in process.net_connections("tcp"):
                    if connection.status == psutil.CONN_LISTEN:
                        assert connection.laddr.ip in ("127.0.0.1", "::ffff:127.0.0.1")
                        found[connection.laddr.port] = process.name()
        return found

    @property
    def token(self) -> str:
        """What Ray's servers ask for."""
        (server,) = (each for each in self.processes if each.name() == "raylet")
        return server.environ()["RAY_AUTH_TOKEN"]

    def end(self) -> None:
        """End it, as Ctrl-C does, and by force what is left."""
        if not self.process.is_running():
            return
        processes = self.processes
        self.process.terminate()
        _, alive = psutil.wait_procs(processes, 30)
        for each in alive:
            each.kill()


@pytest.fixture(params=["test run", "preview"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Start a test run, or a preview, and wait until a test is at work and a page is there."""
    arguments = {
        "test run": ["pytest"],
        "preview": ["livesnippets.preview", "--port", "18100"],
    }[request.param]
    temporary = Path(tempfile.mkdtemp(prefix="o-", dir="/tmp"))  # Ray's sockets need a short path
    target = Target(temporary, arguments)
    try:
        target.wait_for("build/at-work")
        if request.param == "preview":
            target.wait_for("build/preview/searchindex.js")
        yield target
    finally:
        target.end()
        shutil.rmtree(temporary)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Serve a page of another site; return its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Send the one page."""
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def request_of(package: Path) -> bytes:
    """Return what asks Ray to install a package for a job to come."""
    environment = {"pip": {"packages": [str(package)], "pip_check": False}}
    request = runtime_env_agent_pb2.GetOrCreateRuntimeEnvRequest(  # type: ignore[attr-defined] # generated
        serialized_runtime_env=json.dumps(environment), job_id=b"01000000", source_process="x"
    )
    request.runtime_env_config.setup_timeout_seconds = 120
    return bytes(request.SerializeToString())


def ask(port: int, method: str, path: str, body: bytes, **headers: str) -> httpx.Response | None:
    """Return what a port answers to HTTP/1; None if it does not speak that."""
    try:
        return httpx.request(
            method,
            f"http://127.0.0.1:{port}{path}",
            content=body,
            headers=headers,
            timeout=120,
            trust_env=False,
        )
    except NOT_SPOKEN:
        return None


def ask_all(port: int, request: bytes) -> list[httpx.Response]:
    """Return what a port answers to a program and to pages of another site."""
    abroad = {"Host": FOREIGN, "Origin": f"http://{FOREIGN}"}
    answers = [
        ask(port, "POST", "/get_or_create_runtime_env", request),
        ask(port, "POST", "/get_or_create_runtime_env", request, **abroad),
        ask(port, "GET", "/", b"", **abroad),
        ask(port, "GET", "/searchindex.js", b"", Host=FOREIGN),
    ]
    return [answer for answer in answers if answer is not None]


def call(port: int, method: str) -> str:
    """Return the status that a port answers to gRPC; an empty one if it does not speak that."""
    with httpx.Client(http1=False, http2=True, trust_env=False) as client:
        try:
            answer = client.post(
                f"http://127.0.0.1:{port}/ray.rpc.{method}",
                content=bytes(5),  # an empty message
                headers={"Content-Type": "application/grpc", "TE": "trailers"},
            )
        except NOT_SPOKEN:
            return ""
    return str(answer.headers.get("grpc-status", "0"))


def test_a_stranger_gets_nothing(target: Target, elsewhere: str, chromium: Browser) -> None:
    """Each open port refuses other programs and other sites' pages; nothing runs, nothing is told.

    The ports are found by looking at all processes there are.
    """
    ports = target.listening()
    agent = next(port for port, name in ports.items() if name.rstrip() == "ray::RuntimeEnvAgent")
    request = request_of(target.package)
    for port, name in ports.items():
        try:
            asked, called = ask_all(port, request), {call(port, method) for method in METHODS}
        except httpx.ConnectError:  # one of the preview's processes that come and go
            assert port not in target.listening()
            continue
        statuses = {answer.status_code for answer in asked}
        assert statuses <= REFUSALS, name
        assert not any(DRAFT in answer.text for answer in asked)
        assert called in ({""}, {UNKNOWN_METHOD, UNAUTHENTICATED}), name
        assert bool(statuses) != (UNAUTHENTICATED in called), name  # it was heard, and refused

    window = chromium.new_page()
    window.goto(elsewhere)
    told = window.evaluate("attack", [[*ports], [*request]])
    window.close()
    assert told == []
    assert not (target.package / "ran").exists()
    assert agent in target.listening()


def test_the_token_is_told_to_nobody(target: Target) -> None:
    """It stands in no argument, log, page or evidence, and nothing is left in the home folder."""
    token = target.token
    assert len(token) == 64
    assert token != os.environ["RAY_AUTH_TOKEN"]  # each run has its own
    for process in target.processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            assert token not in " ".join(process.cmdline())
            environment = Path(f"/proc/{process.pid}/environ").stat()
            assert (environment.st_uid, environment.st_mode & 0o077) == (os.getuid(), 0)
    folders = [each for each in target.temporary.iterdir() if each.is_dir()]
    assert [oct(folder.stat().st_mode & 0o777) for folder in folders] == ["0o700"] * len(folders)
    assert list(target.temporary.glob("snippets-*/forkserver"))
    (target.root / "build/over").touch()  # the test passes, and leaves evidence
    target.wait_for("build/*evidence/*-ray*.json")
    target.end()
    for folder in (target.root, target.temporary):
        files = [each for each in folder.rglob("*") if each.is_file()]
        assert [each for each in files if token.encode() in each.read_bytes()] == []
    assert list(target.home.iterdir()) == []
