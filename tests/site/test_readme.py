"""What README says works as printed: in a fresh clone, and in a project of somebody else."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.support.clone import ROOT, clone, environment, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVEN = re.compile(r"(\d+) blocks?: (\d+) lines proven")


def sections() -> Iterator[tuple[str, str, str]]:
    """Yield the title, the language or the path, and the text of each block of README."""
    title = path = ""
    tokens = MarkdownIt().parse((ROOT / "README.md").read_text())
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline":
            if before is not None and before.type == "heading_open":
                title = token.content
            path = (re.findall(r"`([\w/]+\.(?:py|md|toml))`", token.content) or [""])[-1]
        elif token.type == "fence":
            yield title, path or token.info, token.content
            path = ""


def blocks(title: str) -> dict[str, str]:
    """Return the blocks of a section, by their language or path."""
    return {path: text for of, path, text in sections() if of == title}


@pytest.mark.timeout(300)
def test_the_example_passes_as_printed(tmp_path: Path) -> None:
    """It is what ``make new`` writes, ``make html`` proves it, and lint has nothing to say."""
    files = blocks("Add a snippet")
    root = clone(tmp_path / "clone", evidence=True)
    shown, _ = count(run(root, "make", "audit").stdout)
    said = run(root, "make", "new", "PATTERN=tasks", "NAME=square")
    assert (said.returncode, said.stdout.count("wrote ")) == (0, 4), said.stdout
    assert len(files) == 3
    for path, text in files.items():
        assert (root / path).read_text() == text
    ruff = shutil.which("ruff", path=str(ROOT / ".venv/bin")) or "ruff"
    assert run(root, ruff, "check", *files).stdout == "All checks passed!\n"
    assert run(root, ruff, "format", "--check", *files).returncode == 0
    checked = run(root, sys.executable, "-m", "mypy", *(path for path in files if "py" in path))
    assert checked.returncode == 0, checked.stdout

    built = run(root, "make", "html")
    assert built.returncode == 0, built.stdout
    assert count(built.stdout)[0] == shown + 1
    page = (root / "build/html/patterns/tasks.html").read_text()
    assert "[0, 1, 4, 9]" in page

    again = run(root, "make", "new", "PATTERN=tasks", "NAME=cube")
    assert again.stdout.count("wrote ") == 3, again.stdout
    built = run(root, "make", "html")
    assert count(built.stdout)[0] == shown + 2


def count(said: str) -> tuple[int, int]:
    """Return how many blocks and lines a build says are proven."""
    found = PROVEN.search(said)
    assert found is not None, said
    return int(found[1]), int(found[2])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "PATTERN= is no name for a Python module"),
        (["PATTERN=tasks", "NAME=Sq-uare"], "NAME=Sq-uare is no name for a Python module"),
        (["PATTERN=tasks", "NAME=it's"], "NAME=it's is no name for a Python module"),
        (["PATTERN=tasks", "NAME=import"], "NAME=import is no name for a Python module"),
        (
            ["PATTERN=ray_get_in_a_loop", "NAME=queries"],
            "snippets/ray_get_in_a_loop/queries.py:1: is there already",
        ),
    ],
)
def test_what_cannot_be_begun_is_refused(tmp_path: Path, arguments: list[str], reason: str) -> None:
    """In one line, with nothing written."""
    root = clone(tmp_path / "clone", evidence=False)
    before = {path: path.read_bytes() for path in root.rglob("*.[mp][dy]")}
    said = run(root, "make", "new", *arguments)
    assert said.returncode != 0
    assert said.stdout.startswith(reason)
    assert "for example: make new PATTERN=" in said.stdout
    assert {path: path.read_bytes() for path in root.rglob("*.[mp][dy]")} == before


@pytest.mark.timeout(300)
def test_a_project_that_installs_the_package(tmp_path: Path) -> None:
    """README's two files, its snippet and its commands make a site that is proven."""
    section = "Use it in a project of your own"
    install, *commands = [text for of, kind, text in sections() if (of, kind) == (section, "shell")]
    root = tmp_path / "project"
    files = {**blocks(section), **blocks("Add a snippet")}
    for path, text in files.items():
        if "." in path:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    (root / "docs/index.md").write_text("# Mine\n\n```{toctree}\npatterns/tasks\n```\n")
    python = environment(root)
    assert "pip install './CHECKOUT[preview]'" in install
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    pip = (sys.executable, "-m", "pip", "--python", python)
    installed = run(tmp_path, *pip, "install", *offline, f"{ROOT}[preview]")
    assert installed.returncode == 0, installed.stdout

    tested, built, preview = "".join(commands).splitlines()
    said = run(root, python, "-m", *tested.split())
    assert said.returncode == 0, said.stdout
    said = run(root, python, "-m", *built.replace("sphinx-build", "sphinx").split())
    assert said.returncode == 0, said.stdout
    assert count(said.stdout) == (1, 8)
    assert run(root, python, *preview.split()[1:], "--help").returncode == 0
