"""An author who saves faster than anything can be built, and often nonsense."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.site.previewed import Previewed
from tests.support.processes import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EDITS = int(os.environ.get("EDITS", "0"))
SEED = 20260
LONGEST_PAUSE = 0.4
"""Seconds between two saves, at most: less than a build and the tests take."""
MORE_MEMORY = 100 * 1024
"""Kilobytes that the preview may have grown by: half of what keeping each edit's evidence costs."""
VARYING = "details, figure, .display, .snippet-proof, .preview-block, .headerlink, script"
"""What differs between two runs of the same tests: numbers, times, pictures."""


@pytest.fixture
def previewed(tmp_path: Path) -> Iterator[Previewed]:
    """Start a preview of a copy of the site."""
    found = Previewed(tmp_path)
    found.start()
    yield found
    found.end()
    assert found.left_behind() == []


class Author:
    """Edits the files of a copy at random, and can mend what is broken."""

    def __init__(self, root: Path) -> None:
        self.random = random.Random(SEED)  # noqa: S311 - no secret
        self.root = root
        # The preview runs no doctests: a page with one stays unproven until 'make doctest'.
        self.pages = sorted(p for p in (root / "docs").rglob("*.md") if ">>>" not in p.read_text())
        self.code = sorted(
            path
            for part in ("snippets", "tests/snippets")
            for path in (root / part).rglob("*.py")
            if path.name != "conftest.py"
        )
        self.text = {path: path.read_text() for path in [*self.pages, *self.code]}
        self.broken: set[Path] = set()
        self.extra: set[Path] = set()

    def edit(self, number: int) -> None:
        """Save, delete or rename one file."""
        kinds: list[tuple[int, Callable[[int], None]]] = [
            (6, self.write_prose),
            (5, self.touch_code),
            (4, self.break_code),
            (2, self.break_page),
            (2, self.delete),
            (2, self.rename),
            (1, self.add_test),
            (4, self.mend_one),
        ]
        weights = [weight for weight, _ in kinds]
        (chosen,) = self.random.choices([kind for _, kind in kinds], weights)
        chosen(number)

    def write_prose(self, number: int) -> None:
        """Change a word."""
        self._save(self.random.choice(self.pages), lambda text: f"{text}\nEdit {number}.\n")

    def touch_code(self, number: int) -> None:
        """Change code without changing what it does."""
        self._save(self.random.choice(self.code), lambda text: f"{text}# edit {number}\n")

    def break_code(self, number: int) -> None:
        """Leave a syntax error, an unknown name, or a failing assertion."""
        wrong = ("def broken(:\n", f"raise RuntimeError({number})\n", "assert 0, 'broken'\n")
        path = self.random.choice(self.code)
        self._save(path, lambda text: text + self.random.choice(wrong), broken=True)

    def break_page(self, _number: int) -> None:
        """Leave a directive that nobody knows."""
        path = self.random.choice(self.pages)
        self._save(path, lambda text: f"{text}\n```{{nonsense}}\n```\n", broken=True)

    def delete(self, _number: int) -> None:
        """Remove a file."""
        path = self.random.choice([*self.code, *self.pages[1:]])
        path.unlink(missing_ok=True)
        self.broken.add(path)

    def rename(self, number: int) -> None:
        """Give a file another name."""
        path = self.random.choice(self.code)
        if path.exists():
            other = path.with_name(f"{path.stem}_{number}.py")
            path.rename(other)
            self.broken.add(path)
            self.extra.add(other)

    def add_test(self, number: int) -> None:
        """Write a new test file, which may fail."""
        path = self.root / f"tests/snippets/async_actors/test_new_{number}.py"
        outcome = self.random.choice(["True", "False"])
        path.write_text(
            f"def test_new():\n    import snippets.async_actors.awaiting\n    assert {outcome}\n"
        )
        self.extra.add(path)

    def mend_one(self, _number: int) -> None:
        """Put one file back."""
        if self.broken:
            self._mend(self.random.choice(sorted(self.broken)))

    def mend_all(self) -> None:
        """Put back all that is broken; harmless edits stay."""
        for path in sorted(self.extra):
            path.unlink(missing_ok=True)
        for path in sorted(self.broken):
            self._mend(path)

    def _mend(self, path: Path) -> None:
        path.write_text(self.text[path])
        self.broken.discard(path)

    def _save(self, path: Path, change: Callable[[str], str], *, broken: bool = False) -> None:
        text = path.read_text() if path.exists() and path not in self.broken else self.text[path]
        path.write_text(change(text))
        (self.broken.add if broken else self.broken.discard)(path)


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
    made = {"genindex.html", "search.html"}
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


@pytest.mark.skipif(not EDITS, reason="takes five minutes: run it with 'make test EDITS=200'")
@pytest.mark.timeout(900)
def test_random_edits_end_where_a_clean_build_does(previewed: Previewed) -> None:
    """And leave neither process nor memory nor actor behind."""
    previewed.settle()
    author = Author(previewed.root)
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
        f"{sphinx} -b doctest -q docs build/doctest",
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
