from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from livesnippets.preview.app import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ([], "docs"),
        (["pages"], "pages"),
        (["docs", "-c", "config"], "config/conf.py"),
        (["/"], ""),
    ],
)
def test_a_folder_that_is_not_there_is_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    missing: str,
) -> None:
    """With its path; the folders are those that ``sphinx-build`` is given, or else the usual."""
    (tmp_path / "conf.py").touch()
    if arguments:
        (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    path = tmp_path / missing if missing else "/"
    wanted = f"[preview] {path}: is missing or not below {tmp_path}; start the preview in the root"
    assert capsys.readouterr().err.startswith(wanted)


def test_settings_that_cannot_be_read_are_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started."""
    (tmp_path / "pyproject.toml").write_text("[tool.livesnippets\n")
    monkeypatch.chdir(tmp_path)
    assert main([]) == 1
    assert "[preview] pyproject.toml:1: is not TOML" in capsys.readouterr().err
