from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from livesnippets.preview.status import Board, Pages, once_each

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = '<div class="snippet" data-snippet="{}" data-lines="1-2">'


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    """Return the pages of a folder with two pages and a style sheet."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/site.css").write_text("a {}")
    (tmp_path / "_static/frame.html").write_text("")
    (tmp_path / "patterns").mkdir()
    (tmp_path / "index.html").write_text("hello")
    (tmp_path / "patterns/a.html").write_text(BLOCK.format("snippets/a.py"))
    found = Pages(tmp_path)
    found.look()
    return found


def rewrite(file: Path, text: str) -> None:
    """Write a file, later than any file before."""
    newest = max(each.stat().st_mtime_ns for each in file.parent.rglob("*"))
    file.write_text(text)
    os.utime(file, ns=(newest + 1, newest + 1))


def test_a_version_changes_with_the_text(pages: Pages) -> None:
    """And only with the text: a page that was written again as it was keeps it."""
    before = pages.versions
    assert set(before) == {"index.html", "patterns/a.html"}
    rewrite(pages.folder / "index.html", "hello")
    pages.look()
    assert pages.versions == before
    rewrite(pages.folder / "index.html", "hello, you")
    pages.look()
    assert pages.versions["index.html"] != before["index.html"]
    assert pages.versions["patterns/a.html"] == before["patterns/a.html"]


def test_a_style_sheet_changes_every_page(pages: Pages) -> None:
    """For every page may load it."""
    before = pages.versions
    (pages.folder / "_static/site.css").write_text("b {}")
    pages.look()
    assert all(pages.versions[path] != version for path, version in before.items())


def test_addresses_name_pages(pages: Pages) -> None:
    """A folder's address is that of its index; others have no version."""
    assert pages.version("/") == pages.version("/index.html") == pages.versions["index.html"]
    assert pages.version("/patterns/a.html") == pages.versions["patterns/a.html"]
    assert pages.version("/../index.html") == pages.version("/_static/frame.html") == ""


def test_a_removed_page_is_forgotten(pages: Pages) -> None:
    """With the blocks that it showed."""
    assert pages.showing("snippets/a.py") == "patterns/a.html"
    (pages.folder / "patterns/a.html").unlink()
    pages.look()
    assert pages.showing("snippets/a.py") is None
    assert set(pages.versions) == {"index.html"}


def test_a_problem_leads_to_its_place(pages: Pages) -> None:
    """To the block of a snippet, to the page of a source; others lead nowhere."""
    board = Board(pages)
    board.problems["x"] = [
        "snippets/a.py:3: is wrong",
        "docs/index.md:1: is wrong",
        "docs/gone.md: is wrong",
        "Ray did not start",
    ]
    links = {problem["text"]: problem["href"] for problem in board.message["problems"]}
    assert links == {
        "snippets/a.py:3: is wrong": "/patterns/a.html#block=snippets/a.py",
        "docs/index.md:1: is wrong": "/index.html",
        "docs/gone.md: is wrong": None,
        "Ray did not start": None,
    }


def test_a_problem_is_printed_when_it_comes(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not again while it lasts, but again when it comes back."""
    board = Board(pages)
    for found in (["one"], ["one", "two"], [], ["one"]):
        board.complain("pages", found)
    assert capsys.readouterr().out.split("\n") == [
        "[preview] one",
        "[preview] two",
        "[preview] one",
        "",
    ]


def test_a_failed_test_is_told_of_once() -> None:
    """At the module that its file mirrors, or else where it was found first."""
    mirrored = "tests/snippets/test_b.py::test fails: assert 0"
    other = "tests/snippets/test_z.py::test fails: assert 0"
    found = [f"snippets/{name}.py:1: {what}" for what in (mirrored, other) for name in "abc"]
    assert once_each([*found, "Ray did not start"]) == [
        f"snippets/b.py:1: {mirrored}",
        f"snippets/a.py:1: {other}",
        "Ray did not start",
    ]
