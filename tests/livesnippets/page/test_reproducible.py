"""One commit and one evidence make one site: the same files, the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.repository import TEMPLATE, Repository

if TYPE_CHECKING:
    from pathlib import Path

CONF = """
import time
from pathlib import Path

then = time.gmtime(CLOCK)
time.time = lambda: float(CLOCK)
time.localtime = time.gmtime = lambda seconds=None: then
extensions = ["myst_parser", "livesnippets"]
highlight_language = "text"
html_static_path = ["docs/_static"]
html_theme = "bare"
html_theme_path = [str(Path(__file__).with_name("themes"))]
html_use_index = False
"""
SECOND = """
# Words

Other words than on the page before.

```{literalinclude} ../snippets/poller.py
:region: fetch
```
"""


def begin(root: Path, clock: int) -> Repository:
    """Write a site of two pages, with a clock that stands still."""
    repository = Repository(root)
    repository.begin()
    repository.write("conf.py", CONF.replace("CLOCK", str(clock)))
    repository.write("docs/words.md", SECOND)
    repository.edit("docs/index.md", "# Polling\n", "# Polling\n\n```{toctree}\nwords\n```\n")
    repository.write("docs/_static/own.css", "body { margin: 0 }\n")
    repository.write("themes/bare/page.html", f"{TEMPLATE}{{{{ toctree() }}}}")
    return repository


def build(repository: Repository, *, seed: int, zone: str = "UTC") -> dict[str, bytes]:
    """Build the site from nothing, as ``make html`` does, and return its files."""
    command = [sys.executable, "-m", "sphinx", "-E", "-W", "-q", "-c", ".", "-d", "build/doctrees"]
    done = subprocess.run(
        [*command, "-b", "html", "docs", "build/html"],
        cwd=repository.root,
        env={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    site = repository.root / "build/html"
    files = (path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names of the files that are not the same in both."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Return a repository."""
    return begin(tmp_path_factory.mktemp("site") / "here", clock=1_000_000_000)


@pytest.fixture(scope="module")
def site(here: Repository) -> dict[str, bytes]:
    """Return the files of its site."""
    return build(here, seed=1)


def test_a_site_does_not_depend_on_where_and_when_it_is_built(
    site: dict[str, bytes], tmp_path: Path
) -> None:
    """Nor on the order of sets, the times of files, or the zone of the clock."""
    assert {"index.html", "words.html", "searchindex.js", "_static/own.css"} <= site.keys()
    there = begin(tmp_path / "some/where else", clock=2_000_000_000)
    for path in there.root.rglob("*.*"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    assert differences(site, build(there, seed=2, zone="Asia/Tokyo")) == []


def test_nothing_is_left_of_what_an_earlier_build_made(
    here: Repository, site: dict[str, bytes]
) -> None:
    """No word in the search index, no old title beside another page, no file that is gone."""
    here.edit("docs/words.md", "# Words\n\nOther", "# Worte\n\nZweite")
    other = here.write("docs/_static/other.css", "body { margin: 1px }\n")
    between = differences(site, build(here, seed=1))
    assert {"index.html", "searchindex.js", "_static/other.css"} <= {*between}
    here.edit("docs/words.md", "# Worte\n\nZweite", "# Words\n\nOther")
    other.unlink()
    assert differences(site, build(here, seed=1)) == []
