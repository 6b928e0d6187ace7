"""Run a module as ``python -m`` does: in this process, to record it, or in one of its own.

Its output is what it prints, and what Ray prints for its workers. What Ray says of itself, and what
else comes on standard error, is about the machine and the time: how Ray starts, for one.
"""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from livesnippets.evidence.output import OF_RAYLET, OF_WORKER, as_shown
from livesnippets.run import keeper
from livesnippets.run.patches import OF_RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livesnippets.run.jobs import Job


STARTS = 3
"""How often Ray may try to start for a program that runs apart."""
NOT_STARTED = "The current node timed out during startup"
"""What Ray says when it has not started within half a minute, as beside other tests it may not."""


class _Printed(io.StringIO):
    """Stands in for standard output: leaves out what Ray says of itself.

    Ray says that on a thread of its own, so a line is kept until its thread has ended it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begun: dict[int, str] = {}

    def write(self, text: str) -> int:
        me = threading.get_ident()
        *lines, self._begun[me] = (self._begun.get(me, "") + text).split("\n")
        super().write("".join(f"{line}\n" for line in lines if _is_printed(line)))
        return len(text)

    def getvalue(self) -> str:
        return super().getvalue() + "".join(self._begun.values())


class _WorkerLines(io.StringIO):
    """Stands in for standard error: passes the lines of Ray's workers on, and others elsewhere."""

    def __init__(self, printed: io.StringIO) -> None:
        super().__init__()
        self._printed = printed
        self._else = sys.stderr
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            to = self._printed if OF_WORKER.match(as_shown(line)) else self._else
            to.write(f"{line}\n")
        return len(text)


def run_here(module: str, job: Job | None, variables: Mapping[str, str]) -> str:
    """Run `module` in this process and return its output; its use of Ray ends with it.

    `variables` join its environment, and that of its workers.
    """
    printed = _Printed()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(_WorkerLines(printed)),
        mock.patch.object(sys, "argv", [module]),  # runpy replaces it by the path of the file
        mock.patch.dict(os.environ, variables),
        contextlib.nullcontext() if job is None else job.with_variables(variables),
        warnings.catch_warnings(),
    ):
        # The test has imported the module; here it runs a second time, on purpose.
        warnings.filterwarnings("ignore", r".*found in sys\.modules", RuntimeWarning)
        warnings.filterwarnings("default", module=r"ray\b")  # Ray's advice is for who runs it
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            _check(module, end.code)
        if job is not None:
            job.hear_out()
            job.end()
    sys.stdout.write(as_shown(printed.getvalue()))
    return as_shown(printed.getvalue())


def run_apart(module: str, root: Path, variables: Mapping[str, str]) -> str:
    """Run ``python -m module`` in `root` with a Ray of its own, as a reader does.

    `variables` are its environment, but for those of the run. Return its output, that of the
    workers at the end.
    """
    environment = {name: value for name, value in variables.items() if not name.startswith(OF_RUN)}
    for _ in range(STARTS):
        code, printed, said = _run_apart(module, root, environment)
        if not code or NOT_STARTED not in said:
            break
    lines = said.splitlines(keepends=True)
    sys.stderr.writelines(lines)
    _check(module, code)
    mine = "".join(line for line in printed.splitlines(keepends=True) if _is_printed(line))
    return mine + "".join(line for line in lines if OF_WORKER.match(line))


def _run_apart(module: str, root: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Return how a process ended, and its standard output and standard error."""
    folder = Path(tempfile.mkdtemp(prefix="snippets-"))  # for Ray's files; the keeper removes it
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        with contextlib.chdir(root):
            process = keeper.start(
                [sys.executable, "-m", module],
                [folder],
                env=environment | {"RAY_TMPDIR": str(folder)},
                stdout=out,
                stderr=errors,
            )
        try:
            code = process.wait()
        finally:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            process.stdin.close()
            process.wait()
        return code, _text(out), _text(errors)


def _is_printed(line: str) -> bool:
    return not OF_RAYLET.match(as_shown(line))


def _text(file: io.BufferedRandom) -> str:
    file.seek(0)
    return as_shown(file.read().decode(errors="replace"))


def _check(module: str, code: object) -> None:
    if code:
        pytest.fail(f"python -m {module} ended with {code}", pytrace=False)
