"""Copies of this site to edit and to test, with the evidence of the checkout."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench.process import python, run

ROOT = Path(__file__).parents[1]
EVIDENCE = ROOT / "build/bench/evidence"
"""What this run of the bench has proven; gone at its end."""


def copy_site(folder: Path) -> Path:
    """Copy what git has, and what it would add, into a new folder; return it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the user's git
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def copy_proven_site(folder: Path) -> Path:
    """Copy the site with evidence that is current; what is missing is recorded, once a run."""
    copy_site(folder)
    known = next(filter(Path.is_dir, (EVIDENCE, ROOT / "build/evidence")), None)
    if known is not None:
        shutil.copytree(known, folder / "build/evidence")
    run(python("-m", "pytest", "-q", "tests/snippets", "--stale"), folder)
    run(python("-m", "sphinx", "-q", "-c", ".", "-b", "doctest", "docs", "build/doctest"), folder)
    shutil.copytree(folder / "build/evidence", EVIDENCE, dirs_exist_ok=True)
    return folder
