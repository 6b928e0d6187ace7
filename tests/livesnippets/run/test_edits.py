"""What ran is what the evidence names, whatever bytecode lies about, and whatever is edited."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

TESTS = """
import importlib.util
from helpers import helped
from snippets.answer import answer


def loaded():
    spec = importlib.util.spec_from_file_location("by_path", "snippets/by_path.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_answer():
    assert (1, answer(), helped(), loaded().answer()) == (1, 1, 1, 1)
"""


@pytest.fixture
def answering(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with modules, whose bytecode Python keeps."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for path, name in {"snippets/answer.py": "answer", "helpers.py": "helped"}.items():
        project.write(path, f"def {name}():\n    return 1\n")
    project.write("snippets/by_path.py", "def answer():\n    return 1\n")
    project.write("tests/test_answer.py", TESTS)
    return project


def rewrite(file: Path, old: str, new: str) -> None:
    """Save a file as if in the same second."""
    before = file.stat()
    file.write_text(file.read_text().replace(old, new))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_bytecode_of_another_text_is_not_run(answering: Project) -> None:
    """Of a module, of one that is loaded by its path, and of the test itself."""
    answering.run().assert_outcomes(passed=1)
    assert list((answering.root / "snippets/__pycache__").glob("answer.*.pyc"))
    for path in ("snippets/answer.py", "helpers.py", "snippets/by_path.py"):
        rewrite(answering.root / path, "return 1", "return 2")
        answering.run().assert_outcomes(failed=1)
        rewrite(answering.root / path, "return 2", "return 1")
    answering.run().assert_outcomes(passed=1)
    rewrite(answering.root / "tests/test_answer.py", "(1, 1, 1, 1)", "(2, 1, 1, 1)")
    answering.run().assert_outcomes(failed=1)


def test_bytecode_of_others_is_used(answering: Project) -> None:
    """To compile a library again would take longer than most tests."""
    answering.write("build/library.py", "value = 1\n")
    answering.write(
        "tests/test_library.py",
        """
        import importlib.util
        import sys
        from pathlib import Path
        import snippets.answer

        def test_library(monkeypatch):
            monkeypatch.syspath_prepend("build")
            import library
            cached = Path(importlib.util.cache_from_source(library.__file__))
            assert cached.read_bytes()
            assert Path(importlib.util.cache_from_source("snippets/answer.py")).is_file()
        """,
    )
    answering.run("tests/test_library.py").assert_outcomes(passed=1)


EDITS = {
    "saved again": "touch helpers.py",
    "another file": "mv older.py helpers.py",
    "undone": "cp -p helpers.py kept && echo >> helpers.py && cat kept > helpers.py && "
    "touch -r kept helpers.py",
    "another folder": "mv parts out && mv parts_before parts",
    "removed": "rm helpers.py",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_file_that_is_edited_during_the_run_gets_no_digest(project: Project, edit: str) -> None:
    """Nobody knows which text ran, so the test is stale at once; one that ran before is not."""
    project.write("older.py", "def helped():\n    return 1\n").touch()
    os.utime(project.root / "older.py", (1, 1))
    project.write("helpers.py", "def helped():\n    return 1\n")
    for folder in ("parts", "parts_before"):
        project.write(f"{folder}/part.py", "part = 1\n")
    project.write("snippets/answer.py", "import helpers, parts.part\n")
    project.write("snippets/other.py", "other = 1\n")
    project.write(
        "tests/test_editing.py",
        f"""
        import subprocess
        import snippets.answer

        def test_before(): pass
        def test_editing(): subprocess.run({edit!r}, shell=True, check=True)
        def test_after(): pass
        """,
    )
    project.write("tests/test_other.py", "import snippets.other\n\ndef test_other(): pass\n")
    project.run().assert_outcomes(passed=4)
    edited = "parts/part.py" if "parts" in edit else "helpers.py"
    for name in ("test_editing", "test_after"):
        assert project.evidence[name].files[edited] == ""
        assert project.evidence[name].files["snippets/answer.py"] != ""
    assert project.evidence["test_before"].files[edited] != ""
    assert "" not in project.evidence["test_other"].files.values()
    if edit != EDITS["removed"]:  # what is there now is what ran before
        project.run("--stale", "--collect-only").assert_outcomes(deselected=2)
