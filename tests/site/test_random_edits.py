"""An author who saves faster than anything can be built, and often nonsense."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.site.previewed import Previewed
from tests.site.random_author import LONGEST_PAUSE, Author
from tests.support.processes import command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EDITS = int(os.environ.get("EDITS", "0"))
MORE_MEMORY = 100 * 1024
"""Kilobytes that the preview may have grown by: half of what keeping each edit's evidence costs."""
VARYING = "details, figure, .display, .snippet-proof, .preview-block, .headerlink, script"
"""What differs between two runs of the same tests: numbers, times, pictures."""


@pytest.fixture
def previewed(tmp_path: Path) -> Iterator[Previewed]:
    """Return a copy of the site, whose preview is yet to start."""
    found = Previewed(tmp_path, whole=True, patience=600)  # all tests may run
    yield found
    found.end()
    assert found.left_behind() == []


def content(page: Path) -> tuple[str, list[dict[str, str | None]], list[str | None]]:
    """Return what a page says, its blocks, and the mark of each of their lines."""
    tree = LexborHTMLParser(page.read_bytes())
    for each in tree.css(VARYING):
        each.decompose()
    names = ("data-snippet", "data-lines", "data-digest", "data-evidence")
    blocks = [
        {name: block.attributes.get(name) for name in names} for block in tree.css(".snippet")
    ]
    marks = [line.attributes.get("data-ran") for line in tree.css(".snippet .line")]
    (article,) = tree.css("article")
    return " ".join(article.text().split()), blocks, marks


def pages(folder: Path) -> dict[str, Path]:
    """Return the pages of a site, without those that Sphinx makes by itself."""
    found = (path for path in folder.rglob("*.html") if "_static" not in path.parts)
    made = {"404.html", "search.html"}
    return {path.relative_to(folder).as_posix(): path for path in found if path.name not in made}


def memory(process: psutil.Process) -> int:
    """Return the kilobytes that the preview itself and its server hold, each alone."""
    held = [each.memory_info() for each in (process, *process.children())]
    return sum(info.rss - info.shared for info in held) // 1024


def actors(previewed: Previewed) -> list[str]:
    """Return the Ray workers that hold an actor or run a task."""
    titles = map(command, previewed.processes())
    busy = [title for title in titles if title.startswith("ray::")]
    return [title for title in busy if title != "ray::IDLE" and not title.endswith("Agent")]


@pytest.mark.skipif(not EDITS, reason="takes ten minutes: run it with 'make test EDITS=200'")
@pytest.mark.timeout(1800)
def test_random_edits_end_where_a_clean_build_does(previewed: Previewed) -> None:
    """And leave neither process nor memory nor actor behind."""
    author = Author(previewed.root)
    previewed.start()
    previewed.settle()
    previewed.said_after(lambda: author.touch_code(0), "testing", " passed, 0 failed", "up to date")
    wait_for_spares(previewed)
    ours = psutil.Process(previewed.process.pid)
    before, memory_before = len(previewed.processes()), memory(ours)
    for number in range(EDITS):
        author.edit(number)
        time.sleep(author.random.uniform(0, LONGEST_PAUSE))
    author.mend_all()
    previewed.said_after(lambda: author.write_prose(EDITS), "up to date")
    previewed.settle()
    assert previewed.text.rstrip().endswith("up to date"), previewed.text[-2000:]
    clean_build(previewed.root)
    wanted, found = (pages(previewed.root / f"build/{name}") for name in ("html", "preview"))
    assert found.keys() == wanted.keys()
    for path, page in wanted.items():
        assert content(found[path]) == content(page), path
    wait_for_spares(previewed)
    assert actors(previewed) == []
    assert abs(len(previewed.processes()) - before) <= 4, "one warm worker more or less each"
    assert memory(ours) - memory_before < MORE_MEMORY


def wait_for_spares(previewed: Previewed) -> None:
    """Wait until the warm processes and their workers are there, and all others gone."""
    history: list[int] = []

    def steady() -> bool:
        history.append(len(previewed.processes()))
        time.sleep(0.5)
        return len(history) > 10 and len(set(history[-10:])) == 1

    previewed.wait_for(steady, "a steady number of processes")


def clean_build(root: Path) -> None:
    """Do what ``make html`` does, in a copy that has no Makefile."""
    sphinx = "sphinx -c . -d build/doctrees"
    for step in (
        "pytest tests/snippets --stale -q",
        f"{sphinx} -W -b doctest -q docs build/doctest",
        f"{sphinx} -W -b html docs build/html",
    ):
        done = subprocess.run(
            [sys.executable, "-m", *step.split()],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
