"""Only what was judged gets into the output folder, and only what a build made gets out of it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.page.published import MADE
from tests.support.processes import heed_interrupts
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.repository import Repository

CONF = """
extensions = ["myst_parser", "livesnippets"]
highlight_language = "text"
html_theme = "bare"
html_theme_path = ["themes"]
html_use_index = False
"""
PAUSE = """
import os, signal, time
from pathlib import Path


def pause(app, *_):
    Path("paused").touch()
    deadline = time.monotonic() + 60
    while Path("paused").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def setup(app):
    app.connect("build-finished", pause)
"""
AFTER = """
from pathlib import Path


def setup(app):
    app.connect("env-before-read-docs", lambda *_: Path("build/html/index.html").stat())
"""
PYTHON = "```python\nx = 1\n```\n"
GONE = "---\norphan: true\n---\n\n# Gone\n\n```{doctest}\n>>> 1\n1\n```\n"
HTML = '<!doctype html><pre class="python">x = 1</pre>'
TYPED = "Python typed into the page"


def names(folder: Path) -> set[str]:
    """Return the names of the files in a folder."""
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


def sphinx(repository: Repository, *options: str, out: str = "build/html") -> subprocess.Popen[str]:
    """Build as any project does."""
    heed_interrupts()
    return subprocess.Popen(
        [sys.executable, "-m", "sphinx", "-c", ".", *options, "docs", out],
        cwd=repository.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(build: subprocess.Popen[str]) -> str:
    """Wait for the end of a build that has to work, and return what it said."""
    told, _ = build.communicate(timeout=60)
    assert build.returncode == 0, told
    return told


@pytest.fixture
def configured(repository: Repository) -> Repository:
    """Return a repository with a configuration."""
    repository.write("conf.py", CONF)
    return repository


def test_pages_of_others_are_neither_judged_nor_removed(repository: Repository) -> None:
    """Whether the site is published, refused, or published again."""
    others = ["v1.0/index.html", "coverage/index.html", "mine.html"]
    for name in others:
        repository.write(f"build/html/{name}", HTML)
    assert repository.build().findings == []
    repository.edit("docs/index.md", "# Polling", f"# Polling\n\n{PYTHON}")
    refused = repository.build()
    assert len(refused.findings) == 1
    assert names(refused.folder) == {*others}
    repository.edit("docs/index.md", PYTHON, "")
    build = repository.build()
    assert build.findings == []
    assert names(build.folder) > {*others, "index.html"}
    assert {(build.folder / name).read_text() for name in others} == {HTML}


def test_a_site_that_was_there_before_this_package_is_withdrawn(proven: Repository) -> None:
    """Nobody is to take its pages for those that were refused."""
    proven.write("build/html/index.html", HTML)
    proven.edit("docs/index.md", "# Polling", f"# Polling\n\n{PYTHON}")
    proven.refuse()


@pytest.mark.parametrize(
    ("renamed", "between"),
    [(True, "doctest"), (False, ""), (False, "doctest"), (False, "forgotten")],
)
def test_a_page_that_is_no_more_leaves_the_site(
    configured: Repository, *, renamed: bool, between: str
) -> None:
    """Also if another builder has noticed that before, or if Sphinx has forgotten all pages."""
    options = ("-q", "-W", "-d", "build/doctrees")
    doctest = ("-b", "doctest", *options)
    gone = configured.write("docs/gone.md", GONE)
    said(sphinx(configured, *doctest, out="build/doctest"))
    said(sphinx(configured, *options))
    if renamed:
        gone.rename(gone.with_name("new.md"))
    else:
        gone.unlink()
    if between == "forgotten":
        (configured.root / "build/doctrees/environment.pickle").unlink()
    if between == "doctest":
        said(sphinx(configured, *doctest, out="build/doctest"))
    said(sphinx(configured, *options))
    left = names(configured.root / "build/html")
    assert [name for name in left if "gone" in name] == []
    assert ("new.html" in left) == renamed
    index = (configured.root / "build/html/searchindex.js").read_text()
    assert ('"docnames":["index"]' in index) != renamed


def test_what_a_block_brought_along_goes_with_it(repository: Repository) -> None:
    """The copy of a module that no page shows, and a file that none offers."""
    repository.write("snippets/other.py", "x = 1\n")
    repository.prove()
    repository.write("docs/data.txt", "data\n")
    block = "```{literalinclude} ../snippets/other.py\n```\n\n{download}`data.txt`\n"
    repository.edit("docs/index.md", "# Polling\n", f"# Polling\n\n{block}")
    before = names(repository.build().folder)
    assert "_sources/snippets/other.py.txt" in before
    assert [name for name in before if name.startswith("_downloads/")] != []
    repository.edit("docs/index.md", block, "")
    (repository.root / "snippets/other.py").unlink()
    repository.prove()
    build = repository.build()
    assert build.findings == []
    after = names(build.folder)
    assert "_sources/snippets/other.py.txt" not in after
    assert "_sources/snippets/poller.py.txt" in after
    assert [name for name in after if name.startswith("_downloads/")] == []


@pytest.mark.parametrize("folder", ["_static", "guide/_static", "guide.html"])
def test_a_page_is_judged_in_whatever_folder_it_lies(proven: Repository, folder: str) -> None:
    """A reader of the site finds it there."""
    path = f"docs/{folder}/page.md"
    proven.write(path, f"---\norphan: true\n---\n\n# Page\n\n{PYTHON}")
    [finding] = proven.refuse()
    assert finding.startswith(f"{path}:7: {TYPED}")


def test_what_is_copied_is_judged(configured: Repository) -> None:
    """As a browser shows it."""
    folders = {"extra": "", "static": "_static/"}
    settings = "\n".join(f'html_{folder}_path = ["{folder}"]' for folder in folders)
    configured.write("conf.py", f"{CONF}\n{settings}\n")
    pages = ["page.html", "page.htm", "deep/PAGE.HTM", "page.xhtml"]
    files = [configured.write(f"{folder}/{page}", HTML) for folder in folders for page in pages]
    build = sphinx(configured, "-q", "-d", "build/doctrees")
    told, _ = build.communicate(timeout=60)
    assert build.returncode == 1
    draft = "build/doctrees/.html-draft/html"
    for place in (f"{draft}/{inside}{page}" for inside in folders.values() for page in pages):
        assert f"{place}:1: WARNING: {TYPED}" in told
    for file in files:
        file.unlink()
    said(sphinx(configured, "-q", "-d", "build/doctrees"))


@pytest.mark.parametrize(
    ("signal", "first"),
    [
        ("SIGKILL", True),
        *((name, False) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")),
    ],
)
def test_what_ends_a_build_early_leaves_no_page_that_was_not_judged(
    configured: Repository, *, signal: str, first: bool
) -> None:
    """Whether all pages are written by then, or none; and the next build is as good as any."""
    options = ("-q", "-d", "build/doctrees")
    if not first:
        said(sphinx(configured, *options))
    out = configured.root / "build/html"
    before = {name: (out / name).read_bytes() for name in names(out)}
    configured.edit("docs/index.md", "# Polling", f"# Pemba\n\n{PYTHON}")
    killed = f"lambda *_: os.kill(os.getpid(), signal.{signal})"
    configured.write("conf.py", f"{CONF}{PAUSE.replace('pause)', killed + ')')}")
    build = sphinx(configured, *options)
    told, _ = build.communicate(timeout=60)
    assert build.returncode != 0
    assert "1 finding: nothing is published" not in told
    assert {name: (out / name).read_bytes() for name in names(out)} == before
    configured.write("conf.py", CONF)
    configured.edit("docs/index.md", PYTHON, "")
    said(sphinx(configured, *options))
    assert "Pemba" in (out / "index.html").read_text()


@pytest.mark.parametrize(
    ("out", "options", "drafts"),
    [
        ("build/html", ("-d", "build/doctrees"), "build/doctrees/.html-draft"),
        ("public", (), ".public-draft"),
        ("docs/_build/html", (), "docs/_build/html/.doctrees/.html-draft"),
    ],
)
def test_a_draft_lies_where_no_tool_looks_for_pages(
    configured: Repository, out: str, options: tuple[str, ...], drafts: str
) -> None:
    """With Sphinx's own data; beside the output if these lie in it, unless tools watch that."""
    said(sphinx(configured, "-q", *options, out=out))
    root = configured.root
    found = {page.relative_to(root).as_posix() for page in root.rglob("index.html")}
    assert found == {f"{out}/index.html", f"{drafts}/html/index.html"}


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_sphinx_names_the_output_folder(configured: Repository, builder: str) -> None:
    """Not that of the draft."""
    told = said(sphinx(configured, "-b", builder, out="100%s"))
    assert " in 100%s." in told
    assert "lines proven" in told


@pytest.fixture
def paused(configured: Repository) -> Iterator[subprocess.Popen[str]]:
    """Return a build that waits, when all pages are written, until a file is removed."""
    configured.write("conf.py", f"{CONF}{PAUSE}")
    build = sphinx(configured, "-d", "build/doctrees")
    wait_until((configured.root / "paused").exists, lambda: "no build", 60, build)
    yield build
    build.kill()
    build.wait()


def test_a_build_waits_for_another_of_the_same_folder(
    configured: Repository, paused: subprocess.Popen[str]
) -> None:
    """And says so; what the other has published is there when it begins."""
    configured.write("conf.py", f"{CONF}{AFTER}")
    other = sphinx(configured, "-d", "build/doctrees")
    assert other.stdout is not None
    while "waiting for another build of" not in (line := other.stdout.readline()):
        assert line, "it did not wait"
    (configured.root / "paused").unlink()
    said(paused)
    said(other)


def test_a_folder_that_cannot_take_the_site_is_named(repository: Repository) -> None:
    """As when a folder of another has the name of a page."""
    repository.write("build/html/index.html/mine", "")
    with pytest.raises(Exception, match="build/html: cannot take the site"):
        repository.build()
    assert names(repository.root / "build/html") >= {"index.html/mine", MADE}
