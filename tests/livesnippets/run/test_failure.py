from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest
from ray.exceptions import ObjectStoreFullError, OutOfDiskError, RayError

from livesnippets.evidence.results import Failure, Frame
from livesnippets.run.failure import MOST_FRAMES, MOST_MESSAGE, Standstill, describe

if TYPE_CHECKING:
    from pathlib import Path

SNIPPET = """
def fail(error):
    raise error


def fall(depth, error):
    if depth:
        fall(depth - 1, error)
    raise error


def through(other, error):
    other(error)
"""


class WorkerError(Exception):
    """What Ray's error of a task is like: the worker's traceback is its text."""

    def __init__(self, cause: Exception, text: str) -> None:
        super().__init__(text)
        self.cause = cause


def failure(
    root: Path,
    function: str,
    *arguments: object,
    foreign: list[Path],
    standstill: Standstill | None = None,
) -> Failure:
    """Describe the failure of a snippet's function."""
    path = root / "snippets/poll.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SNIPPET)
    with pytest.raises(Exception) as excinfo:  # noqa: PT011 - any, as in a test run
        runpy.run_path(str(path))[function](*arguments)
    return describe(excinfo, root, foreign, standstill)


def test_a_failure_is_told_in_the_repository_s_lines(tmp_path: Path) -> None:
    """This file and Python's own are elsewhere."""
    told = failure(tmp_path, "fail", ValueError("no item"), foreign=[])
    assert told == Failure("ValueError: no item", [Frame("snippets/poll.py", 3)])


def test_an_assertion_is_told_as_pytest_does(tmp_path: Path) -> None:
    """Without the name of the error, which says nothing."""
    told = failure(tmp_path, "fail", AssertionError("assert 1 == 2"), foreign=[])
    assert told.message == "assert 1 == 2"


def test_foreign_folders_of_the_repository_do_not_count(tmp_path: Path) -> None:
    """An environment may lie inside it."""
    installed = tmp_path / ".venv/lib.py"
    installed.parent.mkdir()
    installed.write_text("def fail(error):\n    raise error\n")
    foreign = runpy.run_path(str(installed))["fail"]
    error = ValueError("no item")
    told = failure(tmp_path, "through", foreign, error, foreign=[installed.parent])
    assert told.frames == [("snippets/poll.py", 13)]
    told = failure(tmp_path, "through", foreign, ValueError("no item"), foreign=[])
    assert told.frames == [("snippets/poll.py", 13), (".venv/lib.py", 2)]


def test_a_worker_s_error_is_told_with_the_worker_s_lines(tmp_path: Path) -> None:
    """After those of the driver; colours are left out."""
    worker = (
        f'\x1b[36mray::Poll.run()\x1b[39m\n  File "{tmp_path}/snippets/store.py", line 7, in run'
    )
    error = WorkerError(KeyError("item"), f'{worker}\n  File "/opt/ray/worker.py", line 9, in get')
    told = failure(tmp_path, "fail", error, foreign=[])
    assert told.message == "KeyError: 'item'"
    assert told.frames == [("snippets/poll.py", 3), ("snippets/store.py", 7)]


@pytest.mark.parametrize("kind", [ObjectStoreFullError, OutOfDiskError])
@pytest.mark.parametrize("text", ["no room", "x" * 5000], ids=["short", "long"])
def test_a_full_object_store_is_told_with_the_setting(
    tmp_path: Path, kind: type[RayError], text: str
) -> None:
    """Whether the driver or a worker met it, and however much Ray says of it."""
    for error in (kind(text), WorkerError(kind(text), "a worker's traceback")):
        told = failure(tmp_path, "fail", error, foreign=[])
        assert told.message.endswith(
            "; keep less in Ray's object store, or raise object_store_memory under "
            "[tool.livesnippets] in pyproject.toml"
        )
        assert f"{kind.__name__}: {text[:7]}" in told.message
        assert len(told.message) <= MOST_MESSAGE
    told = failure(tmp_path, "fail", RayError(text), foreign=[])
    assert "pyproject.toml" not in told.message


def test_a_long_failure_is_cut(tmp_path: Path) -> None:
    """The last frames are kept, and the first of the message."""
    told = failure(tmp_path, "fall", 2 * MOST_FRAMES, ValueError("x" * 5000), foreign=[])
    assert told.message == f"ValueError: {'x' * 5000}"[:MOST_MESSAGE]
    assert told.frames == [("snippets/poll.py", 8)] * (MOST_FRAMES - 1) + [("snippets/poll.py", 9)]


def test_a_timeout_is_told_with_where_each_process_stood(tmp_path: Path) -> None:
    """The innermost line that is ours of each thread and coroutine, and what Ray could not give."""
    stacks = f"""worker 7:
Thread 0x1 (most recent call first):
  File "/opt/python/time.py", line 3 in sleep
  File "{tmp_path}/snippets/store.py", line 7 in step
  File "{tmp_path}/snippets/store.py", line 9 in run

Current thread 0x2 (most recent call first):
  File "/opt/ray/worker.py", line 1 in main_loop
Coroutine (most recent call first):
  File "{tmp_path}/snippets/store.py", line 20 in poll
"""
    here = f'Coroutine (most recent call first):\n  File "{tmp_path}/tests/t.py", line 2 in main\n'
    seen = Standstill(here, stacks, "1 call waits for x")
    told = failure(tmp_path, "fail", ValueError("Timeout"), foreign=[], standstill=seen)
    assert told.message == (
        "ValueError: Timeout; the test stood at snippets/poll.py:3, tests/t.py:2; "
        "its workers stood at snippets/store.py:7, snippets/store.py:20; 1 call waits for x"
    )
    assert told.frames == [
        ("snippets/store.py", 9),
        ("snippets/store.py", 7),
        ("snippets/store.py", 20),
        ("snippets/poll.py", 3),
        ("tests/t.py", 2),
    ]
