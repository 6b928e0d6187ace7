from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview.pytest_worker import unreadable
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

TEST = "tests/test_a.py"


def error_of(path: Path) -> Exception:
    """Return the error that a file raises when it is imported."""
    spec = importlib.util.spec_from_file_location("unreadable", path)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(Exception) as caught:  # noqa: PT011 - that it raises is all that counts
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("import os\nimprt re\n", 2, "SyntaxError: invalid syntax"),
        ("\n\nimport nowhere\n", 3, "ModuleNotFoundError: No module named 'nowhere'"),
        ("raise ValueError('a\\nb')\n", 1, "ValueError: a b"),
    ],
    ids=["syntax", "import", "other"],
)
def test_a_file_that_cannot_be_read_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, message: str
) -> None:
    """With the place that is wrong, whether pytest hands on the error or a text that it made."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "tests").mkdir()
    (tmp_path / TEST).write_text(text)
    error = error_of(tmp_path / TEST)
    wanted = Finding(Place(TEST, line), Kind.TESTS, message, "mend the file")
    assert unreadable(error, TEST, Settings(tmp_path)) == wanted
    told = pytest.Collector.CollectError("a text")
    told.__cause__ = error
    assert unreadable(told, TEST, Settings(tmp_path)) == wanted


def test_the_place_is_the_repositorys(tmp_path: Path) -> None:
    """Of what fails in a library, the line that asked for it; or else the file alone."""
    (tmp_path / "a.py").write_text("import json\njson.loads('{')\n")
    finding = unreadable(error_of(tmp_path / "a.py"), TEST, Settings(tmp_path))
    assert finding.place == Place("a.py", 2)
    assert unreadable(ValueError("nothing"), TEST, Settings(tmp_path)).place == Place(TEST)
