"""A fresh copy of this repository, whose commands need no download."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = (".git", ".venv", "build", ".*_cache", ".hypothesis", "__pycache__")


def clone(root: Path, *, evidence: bool) -> Path:
    """Copy what a clone of this repository has, with the evidence at hand or without any."""
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*MADE))
    if evidence:
        shutil.copytree(ROOT / "build/evidence", root / "build/evidence")
    environment(root, root / "src")
    ready, locked = root / ".venv/ready", root / ".venv/locked"
    shutil.copy2(root / "requirements.txt", locked)
    ready.write_text(f"{root}\n\n")  # as a set-up leaves it
    return root


def environment(root: Path, *paths: Path) -> Path:
    """Make a ``.venv`` that has what this Python has, after `paths`; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    python = root / ".venv/bin/python"
    where = sysconfig.get_path("purelib", "venv", {"base": str(root / ".venv")})
    found = [*map(str, paths), sysconfig.get_path("purelib")]
    (Path(where) / "outer.pth").write_text("\n".join(found))
    return python


def run(root: Path, *command: str | Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy, as in a terminal of its own."""
    unwanted = ("PYTEST_", "MAKE", "MFLAGS", "LIVESNIPPETS_", "RAY_")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return subprocess.run(
        command,
        cwd=root,
        env=mine,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=seconds,
    )
