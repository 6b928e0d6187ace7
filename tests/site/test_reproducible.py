"""The site of this commit and evidence, built once more, is the same to the byte."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.site.conftest import SITE
from tests.support.clone import ROOT, clone, run

if TYPE_CHECKING:
    from pathlib import Path


def files(site: Path) -> dict[str, bytes]:
    """Return the files of a site by their names."""
    found = (path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def test_another_build_makes_the_same_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another folder, with other hashes, in another zone."""
    if not SITE.exists():
        pytest.fail("there is no site; run 'make html'", pytrace=False)
    root = clone(tmp_path / "another place", evidence=True)
    if (ROOT / ".git").exists():
        shutil.copytree(ROOT / ".git", root / ".git")
    monkeypatch.setenv("PYTHONHASHSEED", "8")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    built = run(root, "make", "audit")
    assert built.returncode == 0, built.stdout
    one, other = files(SITE), files(root / "build/html")
    differing = [name for name in {*one, *other} if one.get(name) != other.get(name)]
    assert differing == [], "'make html' may be older than the last commit"
