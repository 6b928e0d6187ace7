from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import msgspec
import pytest

from livesnippets.finding import Finding
from livesnippets.preview.session import TRIAL
from livesnippets.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_that_cannot_be_used_are_a_finding(tmp_path: Path) -> None:
    """The same one as in this process, whole; from settings that can be, there is none."""
    assert tried(tmp_path) == b""
    (tmp_path / "pyproject.toml").write_text("\n[tool.livesnippets]\nlock = 1\n")
    with pytest.raises(SettingsError) as caught:
        Settings.read(tmp_path)
    assert msgspec.json.decode(tried(tmp_path), type=Finding) == caught.value.finding


def tried(root: Path) -> bytes:
    """Return what the trial of a preview writes."""
    return subprocess.run(TRIAL, cwd=root, capture_output=True, check=True).stdout
