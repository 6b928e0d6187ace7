"""Fork Ray's workers from a process that has imported what Ray imports.

Ray starts Python twice for each worker, and imports itself both times: more than
half a second of CPU, which is most of what a short test costs. The fork server has
imported all that Ray needs besides itself. Ray comes after the fork: when its
library is loaded it reads the job's id, and much else, from the environment.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib.util
import inspect
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livesnippets.run.launcher import __main__ as launcher
from livesnippets.watch.ray_names import (
    CONTEXT,
    DEFAULT_WORKER,
    LANGUAGE,
    PARAMETERS,
    PARAMETERS_CLASS,
    SETUP_WORKER,
    SETUP_WORKER_PATH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCOUT = f"""
import json, sys
before = list(sys.path)
import {DEFAULT_WORKER}
print(json.dumps([[path for path in sys.path if path not in before], list(sys.modules)]))
"""
"""Tells which modules a worker imports, and where some of them are found."""
OURS = "livesnippets.watch.worker", "livesnippets.watch.calls"
AT_START = "PYTHON", "LD_"
"""Environment variables that begin so count when a process starts, and not later."""
MOST_WAITING = 128

Request = tuple[list[str], dict[str, str], str]


@contextlib.contextmanager
def forked_workers(directory: Path) -> Iterator[None]:
    """Fork the workers of a cluster that is started meanwhile; `directory` is for a socket."""
    parameter = importlib.import_module(PARAMETERS)  # not in the fork server itself
    original = getattr(parameter, PARAMETERS_CLASS, None)
    if original is None or not _has_setup_program(original):
        yield
        return
    path = directory / "forkserver"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(MOST_WAITING)  # also until the fork server is ready
        process = subprocess.Popen(
            # Without -P, Python would put the folder that it starts in on its path.
            [sys.executable, "-P", "-m", "livesnippets.run.forkserver", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    os.environ[launcher.FORKSERVER] = str(path)
    # ray.init has no argument for what starts a worker, but its parameters have.
    program = {SETUP_WORKER_PATH: str(Path(launcher.__file__).parent)}
    setattr(parameter, PARAMETERS_CLASS, partial(original, **program))  # called like the class
    try:
        yield
    finally:
        process.communicate()  # closes its standard input, which ends it


def _has_setup_program(parameters: type) -> bool:
    """Whether Ray can be told what starts a worker, and the launcher finds what Ray has for it."""
    known = inspect.signature(parameters).parameters
    return SETUP_WORKER_PATH in known and importlib.util.find_spec(SETUP_WORKER) is not None


def serve(listener: socket.socket) -> Request | None:
    """Fork a worker for each request; return its request in a worker, and None at the end."""
    owner = sys.stdin.fileno()
    while True:
        ready, *_ = select.select([listener, owner], [], [])
        if owner in ready:
            return None
        client, _ = listener.accept()
        with client:
            request, files = _receive(client)
            if request is not None and can_fork(request):
                if os.fork() == 0:
                    for number, file in enumerate(files):
                        os.dup2(file, number)
                        os.close(file)
                    return request
                with contextlib.suppress(OSError):  # a launcher that was killed hears nothing
                    client.send(b"1")
        for file in files:
            os.close(file)


def _receive(client: socket.socket) -> tuple[Request | None, list[int]]:
    """Read what the launcher sent: a length, three files, and the request, if it is whole."""
    head, files, *_ = socket.recv_fds(client, 8, 3)
    size = int.from_bytes(head)
    text = client.recv(size, socket.MSG_WAITALL)
    return ast.literal_eval(text.decode()) if text and len(text) == size else None, files


def can_fork(request: Request) -> bool:
    """Whether a worker needs no Python, and no command, but the one that runs here."""
    arguments, environment, _ = request
    context = _context(arguments)
    variables = context.get("env_vars", {})
    return (
        f"{LANGUAGE}PYTHON" in arguments
        and context.get("py_executable", sys.executable) == sys.executable
        and not (context.get("command_prefix") or context.get("override_worker_entrypoint"))
        and not any("$" in value for value in variables.values())  # Ray would expand it
        and _at_start(environment | variables) == _at_start(os.environ)
    )


def _context(arguments: list[str]) -> dict[str, Any]:
    given = [each.removeprefix(CONTEXT) for each in arguments if each.startswith(CONTEXT)]
    found: dict[str, Any] = json.loads(given[-1]) if given else {}
    return found


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}


def become(request: Request) -> None:
    """Be the worker that was asked for, until it ends."""
    arguments, environment, directory = request
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment | _context(arguments).get("env_vars", {}))
    sys.argv[1:] = [each for each in arguments[1:] if not each.startswith((CONTEXT, LANGUAGE))]
    sys.path.insert(0, str(Path(arguments[0]).parent))
    runpy.run_module(DEFAULT_WORKER, run_name="__main__", alter_sys=True)


def import_all() -> None:
    """Import what a worker will, but not Ray."""
    found = subprocess.run([sys.executable, "-P", "-c", SCOUT], capture_output=True, check=True)
    folders, modules = json.loads(found.stdout)
    own = list(sys.path)
    sys.path += folders
    for module in (*modules, *OURS):
        if module.partition(".")[0] not in {"ray", "__main__"}:
            with contextlib.suppress(ImportError):  # not each was found by its name
                importlib.import_module(module)
    sys.path[:] = own


if __name__ == "__main__":
    import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended workers are not waited for
    gc.collect()  # what is left is old, and old objects are seldom looked at, and so not copied
    with socket.socket(fileno=int(sys.argv[1])) as own:
        wanted = serve(own)
    if wanted is not None:
        become(wanted)
