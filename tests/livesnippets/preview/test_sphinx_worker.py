"""A warm process knows much before it is told to build, and must not trust it for too long."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from livesnippets.preview import sphinx_worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repository import Repository

CONF = """
extensions = ["myst_parser", "livesnippets"]
html_theme = "bare"
html_theme_path = ["themes"]
html_use_index = False
"""


class Wire:
    """The preview's end of the connection: does something, then orders a build."""

    def __init__(self, before: Callable[[], object]) -> None:
        self.before = before
        self.sent: list[tuple[str, Any]] = []

    def send(self, message: tuple[str, Any]) -> None:
        """Keep what the builder sends."""
        self.sent.append(message)

    def recv(self) -> set[str]:
        """Return the order: nothing is said to have changed."""
        self.before()
        return set()


@pytest.fixture
def previewed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a repository that the preview has built."""
    monkeypatch.setattr(os, "nice", lambda _: 0)  # this process has more to do
    repository.write("conf.py", CONF)
    assert ordered(repository, lambda: None) == [("ready", None), ("written", []), ("built", [])]
    return repository


def ordered(repository: Repository, before: Callable[[], object]) -> list[tuple[str, Any]]:
    """Prepare a build, do something, order the build, and return what is sent."""
    return over(Wire(before), repository)


def over(wire: Wire, repository: Repository) -> list[tuple[str, Any]]:
    """Build what a wire orders."""
    clean = False
    sphinx_worker.build(wire, repository.root, clean)  # type: ignore[arg-type] # as good as one
    return wire.sent


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("helpers.py", "monotonic", "time"), ("snippets/poller.py", "True", "None")],
)
def test_what_changes_after_the_preparation_counts(
    previewed: Repository, path: str, old: str, new: str
) -> None:
    """And what is put right after it, too."""
    _, written, built = ordered(previewed, lambda: previewed.edit(path, old, new, keep_time=True))
    assert written == ("written", built[1])
    assert f"stale evidence: {path} changed" in built[1][0]
    *_, built = ordered(previewed, previewed.prove)
    assert built == ("built", [])


def test_the_search_index_comes_after_the_page(previewed: Repository) -> None:
    """But it comes."""
    index = previewed.root / "build/preview/searchindex.js"
    page = previewed.root / "build/preview/index.html"
    rename = partial(previewed.edit, "docs/index.md", "# Polling", "# Zanzibar")
    seen = []

    class Reader(Wire):
        def send(self, message: tuple[str, Any]) -> None:
            super().send(message)
            seen.append(("Zanzibar" in page.read_text(), "zanzibar" in index.read_text()))

    sent = over(Reader(rename), previewed)
    assert [kind for kind, _ in sent] == ["ready", "written", "built"]
    assert seen == [(False, False), (True, False), (True, True)]


def test_a_build_that_cannot_finish_is_made_anew(previewed: Repository) -> None:
    """As when the disk is full when the search index is to be written."""
    index = previewed.root / "build/preview/searchindex.js"
    index.unlink()
    index.mkdir()
    rename = partial(previewed.edit, "docs/index.md", "# Polling", "# Zanzibar")
    *_, written, broken = ordered(previewed, rename)
    assert written == ("written", [])
    assert broken[0] == "broken"
    assert "Is a directory" in broken[1]
    index.rmdir()
    assert ordered(previewed, lambda: None)[-1] == ("built", [])
    assert "zanzibar" in index.read_text()
