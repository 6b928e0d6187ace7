from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from livesnippets.page.twin import twin as twin_of_page
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
        ('<div class="highlight-toml"><pre>a = 1\n</pre></div>', "```toml\na = 1\n```"),
        ('<div class="highlight-default"><pre>a\n</pre></div>', "```text\na\n```"),
        ('<p>very<wbr/>long <span class="x">name</span></p>', "verylong name"),
    ],
)
def test_a_finished_page_is_written_as_markdown(html: str, expected: str) -> None:
    """What is decoration is left away; what is drawn is said."""
    page = f"<body><nav>elsewhere</nav><article>{html}</article></body>"
    assert twin_of_page(page, str) == f"{expected}\n"


def made_for_machines(folder: Path) -> list[str]:
    """Return the names of the twins in a folder, and of the list that leads to them."""
    files = [*folder.rglob("*.md"), *folder.rglob("llms.txt")]
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
    assert "[^1]: Passed: `test_poller.py::test_poller`." in text


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
    assert made_for_machines(build.folder) == ["guide.md", "index.md", "llms.txt"]
    (guided.root / "docs/guide.md").unlink()
    guided.edit("docs/index.md", TOCTREE, "")
    guided.build()
    assert made_for_machines(build.folder) == ["index.md", "llms.txt"]
    assert "guide.md" not in (build.folder / "llms.txt").read_text()


def test_no_twin_of_a_refused_page_is_published(guided: Repository) -> None:
    """Nor of any other, nor the list; they come with the next build that is right."""
    build = guided.build()
    guided.edit("docs/guide.md", "See", "```python\nnobody = 1\n```\n\nSee")
    guided.refuse()
    assert made_for_machines(build.folder) == []
    guided.edit("docs/guide.md", "```python\nnobody = 1\n```\n\nSee", "See")
    guided.build()
    assert made_for_machines(build.folder) == ["guide.md", "index.md", "llms.txt"]


def test_a_setting_switches_them_off(guided: Repository) -> None:
    """Also those that there were, and the lines that lead to them."""
    guided.build()
    build = guided.build(livesnippets_markdown=False)
    assert made_for_machines(build.folder) == []
    assert "text/markdown" not in build.page()
    assert made_for_machines(guided.build().folder) == ["guide.md", "index.md", "llms.txt"]
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
        ("dirhtml", ["guide/index.md", "index.md", "llms.txt"]),
        ("singlehtml", ["index.md", "llms.txt"]),
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
    assert made_for_machines(build.folder) == expected
    if builder == "dirhtml":
        assert "[the front page](../index.md#polling)" in twin(build, "guide/index")
        assert "](guide/index.md)" in (build.folder / "llms.txt").read_text()
