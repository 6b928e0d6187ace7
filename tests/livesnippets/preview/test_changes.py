from __future__ import annotations

import asyncio
import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from livesnippets.preview.changes import Tree, follow
from livesnippets.settings import Settings
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path


def write(root: Path, *paths: str, text: str = "text") -> frozenset[str]:
    """Write some files, and return their paths."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return frozenset(paths)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a few files, and with a folder beside it to copy from."""
    write(tmp_path / "repository", "conf.py", "docs/index.md", "tests/snippets/a/test_a.py")
    write(tmp_path / "other", *(f"{folder}/test_{n}.py" for folder in "ab" for n in range(3)))
    return tmp_path / "repository"


@pytest.fixture
def tree(root: Path) -> Tree:
    """Return the files of the repository as they are now."""
    return Tree(Settings(root))


def test_a_look_finds_what_is_new_other_or_gone(root: Path, tree: Tree) -> None:
    """Once each."""
    assert tree.look() == set()
    new = write(root, "docs/new/page.md", "snippets/a.py")
    (root / "conf.py").write_text("other")
    (root / "docs/index.md").rename(root / "docs/start.md")
    shutil.rmtree(root / "tests")
    changed = {"conf.py", "docs/index.md", "docs/start.md", "tests/snippets/a/test_a.py"}
    assert tree.look([f"{root}/conf.py"]) == new | changed
    assert tree.look([f"{root}/docs"]) == set()


def test_what_the_system_tells_of_counts_though_it_looks_the_same(root: Path, tree: Tree) -> None:
    """As what is written twice within a tick of the clock does; a folder does not."""
    assert tree.look([f"{root}/docs/index.md", f"{root}/docs", f"{root}/gone"]) == {"docs/index.md"}


def test_an_older_file_of_the_same_size_is_another(root: Path, tree: Tree) -> None:
    """Whatever its time says."""
    page, older = root / "docs/index.md", root.parent / "older"
    older.write_text("TEXT")
    os.utime(older, ns=(page.stat().st_atime_ns, page.stat().st_mtime_ns))
    older.replace(page)
    assert tree.look([f"{root}/conf.py"]) == {"conf.py", "docs/index.md"}


def test_what_editors_and_tools_leave_is_no_change(root: Path, tree: Tree) -> None:
    """Nor is what was built."""
    beside = ("a.py~", ".a.py.swp", "4913", "__pycache__/a.pyc", ".cache/a.py", "a.tmp")
    write(root, *(f"docs/{name}" for name in beside))
    write(root, "build/html/a.html", ".git/index.md", ".venv/a.py")
    assert tree.look([f"{root}/docs"]) == set()
    assert tree.ignores(f"{root}/build")
    assert not tree.ignores(f"{root}/docs/build")


def test_links_are_followed(root: Path, tree: Tree) -> None:
    """Not in circles."""
    (root / "docs/up").symlink_to(root)
    (root / "docs/other").symlink_to(root.parent / "other/a")
    other = {f"docs/other/test_{n}.py" for n in range(3)}
    assert tree.look([f"{root}/docs"]) >= other
    write(root.parent, "other/a/test_1.py", text="longer")
    assert tree.look([f"{root}/docs"]) >= {"docs/other/test_1.py"}


class Followed:
    """A repository whose changes are followed."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.told: list[frozenset[str]] = []
        self.loop = asyncio.new_event_loop()
        self.task = self.loop.create_task(follow(tree, self.told.append))

    def run(self) -> None:
        """Follow until the task is cancelled."""
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.task)
        self.loop.close()

    @property
    def paths(self) -> frozenset[str]:
        """All that was told of."""
        return frozenset().union(*self.told)

    def wait_for(self, paths: frozenset[str]) -> None:
        """Wait until all of the paths have been told of, then forget them."""
        wait_until(lambda: self.paths >= paths, lambda: f"{sorted(paths - self.paths)}", 20)
        self.told.clear()


@contextmanager
def following(tree: Tree) -> Iterator[Followed]:
    """Follow the changes of a repository."""
    found = Followed(tree)
    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already, that of a browser
        ended = thread.submit(found.run)
        yield found
        found.loop.call_soon_threadsafe(found.task.cancel)
        ended.result(20)


@pytest.fixture
def followed(root: Path, tree: Tree) -> Iterator[Followed]:
    """Follow the changes of the repository; begin when one has been seen."""
    with following(tree) as found:
        found.wait_for(write(root, "docs/first.md"))
        yield found


def test_all_that_is_copied_in_is_told_of(root: Path, followed: Followed) -> None:
    """Twelve copies of a folder with folders, six at a time, then one moved in."""
    for half in range(2):
        copies = [f"tests/snippets/copy_{half}_{n}" for n in range(6)]
        for copy in copies:
            shutil.copytree(root.parent / "other", root / copy)
        followed.wait_for(
            frozenset(
                f"{copy}/{folder}/test_{n}.py"
                for copy in copies
                for folder in "ab"
                for n in range(3)
            )
        )
    (root.parent / "other").rename(root / "tests/moved")
    followed.wait_for(
        frozenset(f"tests/moved/{folder}/test_{n}.py" for folder in "ab" for n in range(3))
    )


def test_500_files_at_once_are_told_of(root: Path, followed: Followed) -> None:
    """When they come, when they change, and when they go."""
    paths = [f"snippets/{n % 20}/{n % 7}/{n}.py" for n in range(500)]
    followed.wait_for(write(root, *paths))
    followed.wait_for(write(root, *paths, text="other"))
    shutil.rmtree(root / "snippets")
    followed.wait_for(frozenset(paths))


def test_a_new_folder_of_the_root_is_watched(root: Path, followed: Followed) -> None:
    """Also one that is there again, as after a switch of branches and back."""
    for _ in range(3):
        followed.wait_for(write(root, "extra/deep/a.py"))
        followed.wait_for(write(root, "extra/deep/a.py", text="other"))
        shutil.rmtree(root / "extra")
        followed.wait_for(frozenset({"extra/deep/a.py"}))


async def silent(*_places: str, **_options: object) -> AsyncIterator[set[object]]:
    """Tell of nothing, as the system does of a file on another machine."""
    while True:
        await asyncio.sleep(0.01)
        yield set()


async def full(*_places: str, **_options: object) -> AsyncIterator[set[object]]:
    """Watch nothing, as the system does that watches as many folders as it can."""
    raise OSError(errno.ENOSPC, "OS file watch limit reached")
    yield


@pytest.mark.parametrize("system", [silent, full])
def test_a_system_that_tells_nothing_is_made_up_for(
    root: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch, system: Callable[..., object]
) -> None:
    """By a look now and then."""
    monkeypatch.setattr("watchfiles.awatch", system)
    with following(tree) as followed:
        followed.wait_for(write(root, "docs/index.md", text="other"))
