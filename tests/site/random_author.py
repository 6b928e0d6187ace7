"""Somebody who edits a copy of the site at random, and can mend what is broken."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20260
LONGEST_PAUSE = 0.4
"""Seconds between two saves, at most: less than a build and the tests take."""
READS_DATA = """import json
from pathlib import Path

import snippets.async_actors.awaiting


def test_data():
    assert json.loads(Path(__file__).with_name("data.json").read_text())[0] == 1
"""
IMPORTS = """import snippets.async_actors.awaiting


def test_{0}():
    pass
"""
ORPHAN = """---
orphan: true
---

# Page {0}
"""


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
        self.conftests = sorted((root / "tests/snippets").rglob("conftest.py"))
        self.data = self._read_data()
        kept = [*self.pages, *self.code, *self.conftests, self.data]
        self.text = {path: path.read_text() for path in kept}
        self.broken: set[Path] = set()
        self.extra: set[Path] = set()
        self.git("init", "--quiet", "--initial-branch", "mine")
        (root / ".git/info/exclude").write_text("__pycache__/\n")
        self._commit()
        self._begin_other_branch()

    def _read_data(self) -> Path:
        """Let a test read a file that is not Python, through a module that it imports."""
        data = self.root / "tests/snippets/async_actors/data.json"
        data.write_text("[1]\n")
        (data.with_name("test_data.py")).write_text(READS_DATA)
        return data

    def git(self, *arguments: str) -> None:
        """Run git in the copy."""
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
        command = ["git", *identity, *arguments]
        subprocess.run(command, cwd=self.root, check=True, timeout=30)

    def _commit(self) -> None:
        self.git("add", "--all", "docs", "snippets", "tests")
        self.git("commit", "--quiet", "--allow-empty", "-m", "as it is")

    def _begin_other_branch(self) -> None:
        """Make a branch with a hundred files more, in new folders, and with other pages."""
        self.git("switch", "--quiet", "--create", "other")
        for number in range(50):
            page = self.root / f"docs/other/{number % 5}/page_{number}.md"
            test = self.root / f"tests/snippets/other_{number % 5}/test_{number}.py"
            for path, text in (page, ORPHAN), (test, IMPORTS):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text.format(number))
        for path in self.pages:
            path.write_text(f"{path.read_text()}\nThe other branch.\n")
        self._commit()
        self.git("switch", "--quiet", "mine")

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
            (1, self.make_folder),
            (1, self.rename_page),
            (1, self.switch_branches),
            (2, self.edit_data),
            (1, self.touch_conftest),
            (1, self.break_conftest),
            (1, self.add_conftest),
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
        self._write(
            path,
            f"def test_new():\n    import snippets.async_actors.awaiting\n    assert {outcome}\n",
        )
        self.extra.add(path)

    def make_folder(self, number: int) -> None:
        """Copy a folder of tests, and one of pages, to where no folder was."""
        for part, name, text in (
            ("tests/snippets", "test_{}.py", IMPORTS),
            ("docs", "{}.md", ORPHAN),
        ):
            made = self.root / "build/folder/deeper"
            made.mkdir(parents=True)
            for each in range(3):
                (made / name.format(f"{number}_{each}")).write_text(text.format(number))
            folder = self.root / part / f"folder_{number}"
            if self.random.random() < 0.5:
                shutil.copytree(made.parent, folder)
                shutil.rmtree(made.parent)
            else:
                made.parent.rename(folder)
            self.extra.add(folder)

    def rename_page(self, number: int) -> None:
        """Give a page another name, which no toctree knows."""
        path = self.random.choice(self.pages[1:])
        if path.exists():
            other = path.with_name(f"{path.stem}-{number}.md")
            path.rename(other)
            self.broken.add(path)
            self.extra.add(other)

    def switch_branches(self, _number: int) -> None:
        """Look at the other branch for a moment."""
        self._commit()
        self.git("switch", "--quiet", "other")
        time.sleep(self.random.uniform(0, 3 * LONGEST_PAUSE))
        self.git("switch", "--quiet", "mine")

    def edit_data(self, number: int) -> None:
        """Change a file that a test reads, which may fail then."""
        broken = self.random.random() < 0.5
        self._save(self.data, lambda _: f"[{0 if broken else 1}, {number}]\n", broken=broken)

    def touch_conftest(self, number: int) -> None:
        """Change what all tests of a folder load, without changing what it does."""
        self._save(self.random.choice(self.conftests), lambda text: f"{text}# edit {number}\n")

    def break_conftest(self, _number: int) -> None:
        """Leave a ``conftest.py`` that no test below it can load."""
        path = self.random.choice(self.conftests)
        self._save(path, lambda text: f"{text}import nowhere\n", broken=True)

    def add_conftest(self, _number: int) -> None:
        """Write a new ``conftest.py`` where none was."""
        path = self.root / "tests/snippets/ray_get_in_a_loop/conftest.py"
        self._write(path, "import nowhere\n")
        self.extra.add(path)

    def mend_one(self, _number: int) -> None:
        """Put one file back."""
        if self.broken:
            self._mend(self.random.choice(sorted(self.broken)))

    def mend_all(self) -> None:
        """Put back all that is broken; harmless edits stay."""
        for path in sorted(self.extra):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for path in sorted(self.broken):
            self._mend(path)

    def _mend(self, path: Path) -> None:
        self._write(path, self.text[path])
        self.broken.discard(path)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)  # git removes folders without a file
        path.write_text(text)

    def _save(self, path: Path, change: Callable[[str], str], *, broken: bool = False) -> None:
        text = path.read_text() if path.exists() and path not in self.broken else self.text[path]
        self._write(path, change(text))
        (self.broken.add if broken else self.broken.discard)(path)
