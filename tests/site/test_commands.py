"""What the commands of a checkout do for an author, each in a fresh copy."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.clone import ROOT, clone, run
from tests.support.files import write

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = """
import asyncio
import random
import re

import ray

refs = []


@ray.remote
class Poller:
    def __init__(self):
        self.task = None
        self.seen = []

    async def run(self, forever=True):
        self.task = asyncio.current_task()
        while forever or len(self.seen) < 3:
            try:
                self.seen.append(random.random())
            except OSError:
                await asyncio.sleep(0.1)

    def stop(self):
        self.task.cancel()


def main():
    poller = Poller.remote()
    refs.append(poller.run.remote(False))
    number = re.search(r"\\d+", "poller 7").group()
    assert number == "7"
    print(ray.get(refs))


if __name__ == "__main__":
    main()
"""


def test_lint_asks_a_snippet_for_nothing_that_a_page_should_not_show(tmp_path: Path) -> None:
    """No types, no named figures, no cryptographic random numbers."""
    root = clone(tmp_path / "clone", evidence=False)
    path = "snippets/polling/plain.py"
    write(root / path, PLAIN)
    ruff = shutil.which("ruff", path=str(ROOT / ".venv/bin")) or "ruff"
    checked = run(root, ruff, "check", path)
    assert checked.returncode == 0, checked.stdout
    checked = run(root, sys.executable, "-m", "mypy", path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.timeout(300)
def test_what_failed_is_listed_at_the_end(tmp_path: Path) -> None:
    """All parts of ``make test`` run; the last lines name each test, the page, and the reason."""
    root = clone(tmp_path / "clone", evidence=True)
    (root / "tests/livesnippets").rename(root / "others")
    write(root / "tests/livesnippets/test_it.py", "def test_bad(): assert 1 == 2\n")
    shutil.rmtree(root / "tests/site")
    write(root / "tests/site/test_it.py", "def\n")
    (root / "build/html").mkdir()
    tests = root / "tests/snippets/ray_get_in_a_loop/test_queries.py"
    tests.write_text(tests.read_text().replace("== SQUARES", "== 'squares'", 1))
    said = run(root, "make", "test", "K=test_all_ways or test_bad")
    assert said.returncode != 0
    *_, package, snippet, site, make = said.stdout.splitlines()
    assert package == "FAILED tests/livesnippets/test_it.py::test_bad: assert 1 == 2"
    assert site == "FAILED tests/site/test_it.py: SyntaxError: invalid syntax"
    file, page = tests.relative_to(root), "docs/patterns/ray-get-in-a-loop.md"
    assert snippet.startswith(f"FAILED {file}::test_all_ways_give_the_answers_")
    assert f" ({page}): AssertionError: assert [" in snippet
    assert make.startswith("make: ")

    write(root / "tests/site/test_it.py", "def test_good(): pass\n")
    said = run(root, "make", "test", "K=test_good")
    assert said.returncode == 0, said.stdout
    assert said.stdout.endswith("\nall parts of 'make test' passed\n")


@pytest.mark.timeout(300)
def test_a_checkout_may_lie_anywhere(tmp_path: Path) -> None:
    """A quote, a dollar sign or a space in its path changes nothing."""
    root = clone(tmp_path / "it's $HOME, ξ", evidence=False)
    for each in (root / "tests/snippets").glob("*_*"):
        if each.name != "ray_get_in_a_loop":
            shutil.rmtree(each)
    said = run(root, "make", "html")
    passed = [line for line in said.stdout.splitlines() if " passed in " in line]
    assert len(passed) == 1, said.stdout
    assert "Setting up" not in said.stdout
    problems = [
        line
        for line in said.stdout.splitlines()
        if "snippets/ray_get_in_a_loop" in line and "Git timestamps" not in line
    ]
    assert problems == [], said.stdout


def test_set_up_says_what_it_downloads(tmp_path: Path) -> None:
    """Before it does, and of a Python that cannot do it no more than that."""
    root = clone(tmp_path / "clone", evidence=False)
    python = write(
        tmp_path / "python",
        """
        #!/bin/sh
        case "$*" in *version_info*) echo 3.13;; *) echo no "$2"; exit 1;; esac
        """,
    )
    python.chmod(0o755)
    said = run(root, "make", "html", f"PYTHON={python}")
    assert said.returncode != 0
    first, second, *_ = said.stdout.splitlines()
    packages = len(re.findall(r"^[a-z].*==", (root / "requirements.txt").read_text(), re.MULTILINE))
    assert first.startswith(f"Setting up .venv with {python}: pip downloads ")
    assert f"at most {packages}, about 200 MB" in first
    assert second == "no venv"
