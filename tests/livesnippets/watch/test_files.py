from __future__ import annotations

import ast
import linecache
import os
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from livesnippets.watch.files import CODE, READ, WRITTEN, FileWatch, stamp
from livesnippets.watch.trace import Opened, Trace

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a repository with a file, which is the current folder."""
    root = tmp_path / "repository"
    (root / "data").mkdir(parents=True)
    (root / "data/in.csv").write_text("1,2\n")
    (root / "data/text.py").write_text("x = 1\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def noted(root: Path) -> Generator[list[Opened]]:
    """Return what a watch tells of the repository."""
    noted: list[Opened] = []
    watch = FileWatch(root, [root / "omitted", Path(ast.__file__).parent], noted.append)
    watch.start()
    yield noted
    watch.stop()


def kinds(noted: list[Opened]) -> dict[str, set[str]]:
    """Return the kinds of each file."""
    return {path: {each.kind for each in noted if each.path == path} for path, *_ in noted}


def test_files_that_are_read_are_told(root: Path, noted: list[Opened]) -> None:
    """By whatever path, with what tells this content from another one."""
    (root / "data/in.csv").read_text()
    os.close(os.open(b"data/in.csv", os.O_RDONLY))
    with open("./data/../data/in.csv", "rb"):  # noqa: PTH123 - what is tested
        pass
    expected = Opened("data/in.csv", READ, stamp(root / "data/in.csv"))
    assert noted == [expected] * 3
    with pytest.raises(FileNotFoundError):
        (root / "data/absent.csv").read_text()
    assert len(noted) == 3


@pytest.mark.parametrize("mode", ["w", "a", "x", "r+", "w+"])
def test_files_that_are_written_are_told_apart(root: Path, noted: list[Opened], mode: str) -> None:
    """Also those that are read, too."""
    path = root / ("data/in.csv" if mode == "r+" else "data/out.csv")
    path.open(mode).close()
    assert kinds(noted) == {path.relative_to(root).as_posix(): {WRITTEN}}


def test_a_file_that_gets_its_name_when_it_is_finished_is_written(
    root: Path, noted: list[Opened]
) -> None:
    """That is how files are written that shall be whole."""
    (root / "data/part").write_text("1")
    (root / "data/part").replace(root / "data/out.csv")
    (root / "data/out.csv").read_text()
    assert kinds(noted) == {"data/part": {WRITTEN}, "data/out.csv": {WRITTEN, READ}}


def test_what_python_opens_to_load_or_show_a_module_is_code(
    root: Path, noted: list[Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is known from its lines; who reads a module as a file reads a file."""
    monkeypatch.syspath_prepend(root / "data")
    import text  # type: ignore[import-not-found]  # noqa: F401, PLC0415 - what is tested

    linecache.checkcache()
    linecache.getlines(str(root / "data/text.py"))
    assert kinds(noted) == {"data/text.py": {CODE}}
    runpy.run_path(str(root / "data/text.py"))
    reader = compile("from pathlib import Path\nPath('data/text.py').read_text()", "by.py", "exec")
    exec(reader.replace(co_filename=str(root / "by.py")))  # noqa: S102 - what is tested
    assert kinds(noted) == {"data/text.py": {CODE, READ}}


def test_others_files_are_not_told(
    root: Path, noted: list[Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of the repository, in omitted folders, in those of tools, and what is open."""
    for path in ("omitted/a", "omitted_not/b", ".tool/c", "data/.tool/d", ".file"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(root / path, os.O_CREAT | os.O_WRONLY))
        (root / path).read_text()
    (root.parent / "outside").touch()
    (root.parent / "outside").read_text()
    with (root / ".file").open() as file, open(file.fileno(), closefd=False):
        pass
    assert set(kinds(noted)) == {"omitted_not/b", ".file"}
    monkeypatch.chdir(root / "data/.tool")
    (root / "data/.tool/d").unlink()
    (root / "data/.tool").rmdir()
    with pytest.raises(FileNotFoundError):
        open("there is no folder")  # noqa: PTH123, SIM115 - what is tested


def test_bytecode_of_the_repository_cannot_be_read(root: Path, noted: list[Opened]) -> None:
    """Whoever asks; it may be written, and that of others is let be."""
    (root / "a.pyc").write_bytes(b"")
    (root.parent / "a.pyc").write_bytes(b"")
    with pytest.raises(OSError, match="its source may be another one by now"):
        (root / "a.pyc").read_bytes()
    assert (root.parent / "a.pyc").read_bytes() == b""
    assert noted == []


def test_a_stamp_tells_another_file_and_another_content(root: Path) -> None:
    """Whatever is done to size and time."""
    path = root / "data/in.csv"
    first, before = stamp(path), path.stat()
    path.write_text("3,4\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = stamp(path)
    (root / "data/copy").write_text("3,4\n")
    os.utime(root / "data/copy", ns=(before.st_atime_ns, before.st_mtime_ns))
    (root / "data/copy").replace(path)
    assert len({first, second, stamp(path)}) == 3
    assert stamp(root / "absent") == ""


def test_what_is_told_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Each file once for what it was, of all processes; a torn record does not count."""
    trace = Trace(tmp_path)
    files = [Opened("a b\tc.csv", READ, "1-2"), Opened("d\udcff", WRITTEN, "")]
    for process in ("1", "2"):
        note = trace.note(process)
        for file in files * 2:
            note(file)
    assert (tmp_path / "1.files").read_bytes().count(b"\n") == 2
    with (tmp_path / "2.files").open("ab") as torn:
        torn.write(b"e.csv\tread\t1")
    paths = {"a b\tc.csv", "d\ufffd"}
    assert {(each.path, each.kind) for each in trace.opened()} == set(
        zip(sorted(paths), [READ, WRITTEN], strict=True)
    )
