from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from livesnippets.page.draft import COMPANIONS
from livesnippets.page.twin import parts, text_of
from tests.support.repository import TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import Build, Repository

pytestmark = pytest.mark.filterwarnings(  # that of Markdown's links is older than Sphinx
    "ignore:.*app' is deprecated:sphinx.deprecation.RemovedInSphinx11Warning"
)
GUIDE = """
# Guide

See [the front page](index.md#polling), [its source](https://example.org/a) and below.
"""
TOCTREE = """

```{toctree}
:caption: Guides

guide
```
"""
INDEX = ["index.ipynb", "index.md", "index.zip"]
ALL = ["guide.md", *INDEX, "llms.txt"]
SNIPPET = "```python\n" + '"""A poller."""\n'


@pytest.fixture
def guided(repository: Repository) -> Repository:
    """Return a repository with a second page, which leads to the first, and a theme with a head."""
    repository.write("docs/guide.md", GUIDE)
    repository.edit("docs/index.md", "# Polling\n", f"# Polling\n\nPolls. And more.\n{TOCTREE}")
    for page in ("page", "search"):
        repository.write(f"themes/bare/{page}.html", "{{ metatags }}" + TEMPLATE)
    return repository


def twin(build: Build, name: str = "index") -> str:
    """Return the twin of a page."""
    return (build.folder / f"{name}.md").read_text()


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<h1>A<a class="headerlink" href="#a">¶</a></h1>', "# A"),
        ('<p>a <i aria-hidden="true">*</i> b</p>', "a b"),
        ("<table><tr><th><code>a | b</code></th></tr></table>", "| `a \\| b` |\n| --- |"),
        ('<p><abbr title="long">short</abbr></p>', "short (long)"),
        ('<svg role="img"><title>A</title><desc>B.</desc><text>c</text></svg>', "A: B."),
        ('<svg role="img"><text>c</text></svg>', "c"),
        (2 * '<svg role="img"><title>Twice</title></svg>', "Twice"),
        (
            """<div class="snippet"><details class="snippet-proof"><summary>ran</summary>
            <div class="snippet-evidence"><p>Ran: 1.</p><p>Test:</p>
            <ul><li>Says. <code><a href="t.py">test_<wbr/>a</a></code></li></ul>
            </div></details></div>""",
            "Proof: ran. Ran: 1.[^1]\n\n[^1]: Test: Says. [`test_a`](t.py).",
        ),
        ('<div class="highlight-toml"><pre>a = 1\n</pre></div>', "```toml\na = 1\n```"),
        ('<div class="highlight-default"><pre>a\n</pre></div>', "```text\na\n```"),
        ('<p>very<wbr/>long <span class="x">name</span></p>', "verylong name"),
    ],
)
def test_a_finished_page_is_written_as_markdown(html: str, expected: str) -> None:
    """What is decoration is left away; what is drawn is said."""
    page = f"<body><nav>elsewhere</nav><article>{html}</article></body>"
    assert text_of(parts(page, str)) == f"{expected}\n"


def beside_pages(folder: Path) -> list[str]:
    """Return the names of what lies beside the pages in a folder, and of the list of twins."""
    kinds = (*COMPANIONS, "llms.txt")
    files = (file for kind in kinds for file in folder.rglob(f"*{kind}"))
    return sorted(file.relative_to(folder).as_posix() for file in files)


def test_a_page_has_a_twin_with_code_and_proof(repository: Repository) -> None:
    """The whole module in a fence, where it ran, and in which test."""
    text, here = twin(repository.build()), repository.environment
    assert SNIPPET in text
    assert (repository.root / "snippets/poller.py").read_text().strip().split("\n")[-1] in text
    assert re.search(
        rf"^Proof: ran on {here} · 6 lines · 1 test\. "
        r"\[snippets/poller\.py\]\(_sources/snippets/poller\.py\.txt\), lines .+\. Ran: .+\[\^1\]$",
        text,
        re.MULTILINE,
    )
    passed = "[^1]: Test that passed, at commit 0fd0a7d123, 2026-11-22: "
    assert f"{passed}`test_poller.py::test_poller`, 0.25 s." in text


def test_a_page_leads_to_its_twin_and_a_twin_to_twins(guided: Repository) -> None:
    """By its head; what leads out of the site stays as it is."""
    build = guided.build()
    link = '<link rel="alternate" type="text/markdown" href="guide.md"/>'
    assert link in build.page("guide")
    assert "[the front page](index.md#polling)" in twin(build, "guide")
    assert "[its source](https://example.org/a)" in twin(build, "guide")
    assert "text/markdown" not in build.page("search")


def test_a_list_leads_to_all_twins(guided: Repository) -> None:
    """With the summary of the front page, what the audit has counted, and a line for each page."""
    listed = (guided.build(project="Polls").folder / "llms.txt").read_text()
    count = "1 block: 6 lines proven, 0 never reached, on Ray "
    assert listed.startswith(f"# Polls\n\n> Polls. And more.\n\n{count}")
    assert "[The front page](index.md)" in listed
    said = "See the front page, its source and below."
    assert listed.endswith(f"\n\n## Guides\n\n- [Guide](guide.md): {said}\n")


def code_in(build: Build) -> list[str]:
    """Return the cells of code of the front page's notebook."""
    cells = json.loads((build.folder / "index.ipynb").read_text())["cells"]
    return [cell["source"] for cell in cells if cell["cell_type"] == "code"]


def test_the_code_of_a_page_is_packed_with_what_it_imports(repository: Repository) -> None:
    """As it is in the repository, so that it runs elsewhere; the same bytes each time."""
    build = repository.build()
    assert '<a href="index.zip" download="">code</a>' in build.page()
    with ZipFile(build.folder / "index.zip") as archive:
        assert archive.namelist() == ["helpers.py", "snippets/poller.py"]
        for name in archive.namelist():
            assert archive.read(name) == (repository.root / name).read_bytes()
    before = (build.folder / "index.zip").read_bytes()
    (build.folder / "index.zip").unlink()
    repository.build()
    assert (build.folder / "index.zip").read_bytes() == before


def test_one_file_needs_no_archive(repository: Repository) -> None:
    """The line below the title leads to the module itself, under its own name."""
    repository.write("snippets/poller.py", "x = 1\n")
    repository.prove()
    build = repository.build()
    link = '<a href="_sources/snippets/poller.py.txt" download="poller.py">code</a>'
    assert link in build.page()
    assert beside_pages(build.folder) == ["index.ipynb", "index.md", "llms.txt"]


def test_an_archive_follows_what_a_module_imports(repository: Repository) -> None:
    """Though the page shows nothing of it."""
    build = repository.build()
    repository.edit("helpers.py", "monotonic", "time")
    repository.prove()
    repository.build()
    with ZipFile(build.folder / "index.zip") as archive:
        assert b"time.time()" in archive.read("helpers.py")
    assert "time.time()" in (build.folder / "index.ipynb").read_text()


def test_a_notebook_writes_modules_and_runs_programs(repository: Repository) -> None:
    """A module is written before a program that imports it; one that is no program is not run."""
    repository.write(
        "snippets/ask.py",
        "from snippets import poller\n\nif __name__ == '__main__':\n    print(poller)\n",
    )
    repository.edit(
        "docs/index.md",
        "poller.py\n```\n",
        "poller.py\n```\n\n```{literalinclude} ../snippets/ask.py\n```\n",
    )
    repository.prove()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    begin, *cells = code_in(build)
    assert "for folder in ['.', 'snippets']:" in begin
    assert [cell.split("\n")[0] for cell in cells] == [
        "%%writefile helpers.py",
        "%%writefile snippets/ask.py",
        "%%writefile snippets/poller.py",
        "!{sys.executable} -m snippets.ask",
    ]
    assert (
        cells[2].split("\n", 1)[1] == (repository.root / "snippets/poller.py").read_text().strip()
    )


def test_a_module_that_cannot_be_read_is_in_no_ones_way(repository: Repository) -> None:
    """In a preview, while somebody types: the page is there, with what can be taken along."""
    repository.write("helpers.py", "def now(\n")
    build = repository.build(strict=False)
    assert build.code == 0
    assert "%%writefile helpers.py\ndef now(" in code_in(build)
    repository.edit("snippets/poller.py", "class Poller:", "class Poller(")
    assert repository.build(strict=False).code == 0


def test_a_notebook_leads_back_to_the_site(guided: Repository) -> None:
    """Wherever it is, if the configuration says where the site is."""
    guided.edit("docs/index.md", "Polls. And", "Polls [so](guide.md). And")
    guided.build(html_baseurl="https://example.org/docs")
    text = (guided.root / "build/html/index.ipynb").read_text()
    assert "[so](https://example.org/docs/guide.md)" in text
    assert "[so](guide.md)" in (guided.root / "build/html/index.md").read_text()


def test_a_twin_follows_its_page(guided: Repository) -> None:
    """When the page or the evidence has changed; no other is written again."""
    build = guided.build()
    before = (build.folder / "guide.md").stat().st_mtime_ns
    guided.edit("docs/index.md", "Polls.", "Asks again.")
    guided.prove(test_other=guided.test_run())
    assert "Asks again." in twin(guided.build())
    assert "`test_poller.py::test_other`" in twin(build)
    assert "> Asks again. And more." in (build.folder / "llms.txt").read_text()
    assert (build.folder / "guide.md").stat().st_mtime_ns == before


def test_the_twin_of_a_page_that_is_gone_goes_with_it(guided: Repository) -> None:
    """And leaves the list."""
    build = guided.build()
    assert beside_pages(build.folder) == ALL
    (guided.root / "docs/guide.md").unlink()
    guided.edit("docs/index.md", TOCTREE, "")
    guided.build()
    assert beside_pages(build.folder) == [*INDEX, "llms.txt"]
    assert "guide.md" not in (build.folder / "llms.txt").read_text()


def test_no_twin_of_a_refused_page_is_published(guided: Repository) -> None:
    """Nor of any other, nor the list; they come with the next build that is right."""
    build = guided.build()
    guided.edit("docs/guide.md", "See", "```python\nnobody = 1\n```\n\nSee")
    guided.refuse()
    assert beside_pages(build.folder) == []
    guided.edit("docs/guide.md", "```python\nnobody = 1\n```\n\nSee", "See")
    guided.build()
    assert beside_pages(build.folder) == ALL


def test_a_setting_switches_them_off(guided: Repository) -> None:
    """Also those that there were, and the lines that lead to them."""
    guided.build()
    build = guided.build(livesnippets_companions=False)
    assert beside_pages(build.folder) == []
    assert "text/markdown" not in build.page()
    assert beside_pages(guided.build().folder) == ALL
    assert "text/markdown" in build.page()


def test_a_list_of_the_projects_own_stays(guided: Repository) -> None:
    """As it was written, in each build."""
    own = guided.write("extra/llms.txt", "# Mine\n")
    for _ in range(2):
        folder = guided.build(html_extra_path=[str(own.parent)]).folder
        assert (folder / "llms.txt").read_text() == "# Mine\n"
    assert "Polls." in (guided.build().folder / "llms.txt").read_text()


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        ("dirhtml", ["guide/index.md", *INDEX, "llms.txt"]),
        ("singlehtml", [*INDEX, "llms.txt"]),
        ("json", []),
        ("epub", []),
    ],
)
def test_other_builders_of_html_have_them_where_they_make_a_site(
    guided: Repository, builder: str, expected: list[str]
) -> None:
    """Not in an archive, nor beside what another program makes pages of."""
    build = guided.build(builder, version="1", copyright="2026, everybody")
    assert (build.code, build.findings) == (0, [])
    assert beside_pages(build.folder) == expected
    if builder == "dirhtml":
        assert "[the front page](../index.md#polling)" in twin(build, "guide/index")
        assert "](guide/index.md)" in (build.folder / "llms.txt").read_text()
