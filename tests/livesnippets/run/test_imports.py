from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.run.imports import Imports

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MODULES = {
    "closure_case/start.py": "import json, closure_case.near\nfrom closure_case import sub\n",
    "closure_case/near.py": "from . import far\nfrom .sub.deep import value as renamed\n",
    "closure_case/far.py": "def f():\n    import closure_case.lazy\n",
    "closure_case/lazy.py": "",
    "closure_case/unused.py": "",
    "closure_case/sub/__init__.py": "from .deep import value\n",
    "closure_case/sub/deep.py": "from ..circle import value\n",
    "closure_case/circle.py": "import closure_case.far\nvalue = 1\n",
    "closure_case/vendored/__init__.py": "",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Return a folder of modules that import each other, all of them loaded."""
    for path, text in MODULES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("start", "unused", "vendored"):
        importlib.import_module(f"closure_case.{name}")
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("closure_case")]:
        del sys.modules[name]


def test_imports_are_followed_within_the_repository(root: Path) -> None:
    """Absolute and relative ones, packages on the way, circles, and none from elsewhere."""
    assert Imports(root, []).of(root / "closure_case/start.py") == {
        "closure_case/start.py",
        "closure_case/near.py",
        "closure_case/far.py",
        "closure_case/sub/__init__.py",
        "closure_case/sub/deep.py",
        "closure_case/circle.py",
    }


def test_an_import_that_has_not_run_yet_does_not_count(root: Path) -> None:
    """A module that is imported inside a function counts once the function has run."""
    sys.modules["closure_case.far"].f()
    assert "closure_case/lazy.py" in Imports(root, []).of(root / "closure_case/start.py")


def test_foreign_folders_are_left_out(root: Path) -> None:
    """Code in an environment or in the build folder is not the repository's."""
    start = root / "closure_case/vendoring.py"
    start.write_text("import closure_case.vendored\n")
    assert "closure_case/vendored/__init__.py" in Imports(root, []).of(start)
    foreign = [root / "closure_case/vendored"]
    assert Imports(root, foreign).of(start) == {"closure_case/vendoring.py"}
