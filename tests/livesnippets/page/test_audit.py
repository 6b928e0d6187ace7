from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.doctests import DoctestLedger
from livesnippets.evidence.ledger import Ledger
from livesnippets.page.audit import Audit
from livesnippets.page.judge import Judge
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from tests.support.repository import Repository

MODULE = '<div class="snippet" data-origin="module" data-snippet="snippets/poller.py"'


TYPED = "Python typed into the page; put it into a module that a test runs, and literalinclude it"
RAW = (
    '<pre class="python">x = 1</pre>',
    '<pre><code class="python">x = 1</code></pre>',
    '<pre><code class="language-python">x = 1</code></pre>',
    '<pre><code class="language-py hljs">x = 1</code></pre>',
    '<div class="highlight-python"><pre>x = 1</pre></div>',
    '<div class="highlight-py notranslate"><div><pre>x = <b>1</b></pre></div></div>',
    '<div class="highlight"><pre class="highlight-python">x = 1</pre></div>',
)


def test_python_in_raw_html_is_refused(proven: Repository) -> None:
    """The finished page is judged, so there is no way around the directive."""
    index = proven.root / "docs/index.md"
    text = index.read_text()
    index.write_text("\n\n".join((text.rstrip(), *RAW, "")))
    first = len(text.splitlines()) + 2
    assert proven.refuse() == [
        f"docs/index.md:{first + 2 * number}: {TYPED}" for number in range(len(RAW))
    ]


def test_python_that_a_template_adds_is_refused(repository: Repository) -> None:
    """It stands in no source, so the page is all that can be named."""
    page = repository.build().page().replace("</html>", f"{RAW[0]}</html>")
    assert judge(repository, f"{page}{RAW[1]}") == [f"docs/index.md:1: {TYPED}"]


@pytest.mark.parametrize(
    "block",
    ["<pre>import ray\nray.init()</pre>", "<iframe srcdoc='<pre class=python>x</pre>'></iframe>"],
)
def test_python_by_another_name_that_a_template_adds_is_refused(
    repository: Repository, block: str
) -> None:
    """Whatever makes a page, it is judged as a reader gets it."""
    [finding] = judge(repository, f"{repository.build().page()}{block}")
    assert finding.startswith("docs/index.md:1: ")
    assert "Python" in finding


def test_raw_html_cannot_pass_for_a_display(repository: Repository) -> None:
    """Which its marks would have to name."""
    block = "<figure data-display='output'><pre>import ray\nray.init()</pre></figure>"
    [finding] = judge(repository, f"{repository.build().page()}{block}")
    assert finding.startswith("docs/index.md:1: has a broken display; ")


def test_raw_html_cannot_borrow_a_proof(proven: Repository) -> None:
    """Text under the name of a proven module must be that module's text."""
    index = proven.root / "docs/index.md"
    borrowed = f'{MODULE} data-lines="16-16" data-evidence="proven" data-page="docs/index.md:6">'
    block = f'{borrowed}<div class="highlight-python"><pre>return False</pre></div></div>'
    index.write_text(f"{index.read_text()}\n{block}\n")
    [finding] = proven.refuse()
    assert finding.startswith("docs/index.md:6: shows text that is not in snippets/poller.py; run ")


@pytest.mark.parametrize(
    "request_", ["", 'data-request="1"', 'data-request="{" data-page="x"', 'data-page="x:y"']
)
@pytest.mark.parametrize("kind", ["timeline", "picture"])
def test_an_empty_figure_cannot_pass_for_a_display(
    repository: Repository, kind: str, request_: str
) -> None:
    """It is a finding, whatever it says of itself."""
    index = repository.root / "docs/index.md"
    index.write_text(f'{index.read_text()}\n<p data-display="{kind}" {request_}>2</p>\n')
    assert repository.refuse() == ["docs/index.md:1: has a broken display; run 'make clean html'"]


@pytest.mark.parametrize(
    "block",
    [
        "<pre>x = 1</pre>",
        '<pre class="text">x</pre>',
        '<pre><code class="language-sh">x</code></pre>',
    ],
)
def test_other_raw_html_is_let_be(repository: Repository, block: str) -> None:
    """Text that does not claim to be Python needs no proof."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    assert repository.build().findings == []


def test_a_module_that_no_page_shows_is_refused(proven: Repository) -> None:
    """A module that was forgotten is shown or removed."""
    proven.write("snippets/deep/spare.py", "x = 1\n")
    cure = "literalinclude it, or remove it; a helper's name begins with '_'"
    assert proven.refuse() == [f"snippets/deep/spare.py:1: is shown on no page; {cure}"]


@pytest.mark.parametrize("path", ["_clock.py", "deep/_clock.py", "_support/clock.py"])
def test_a_helper_need_not_be_shown(proven: Repository, path: str) -> None:
    """Its name, or that of its folder, begins with an underscore; it must be sound all the same."""
    proven.write(f"snippets/{path}", "# region x\nx = 1\n# endregion x\n")
    assert proven.build().findings == []
    proven.write(f"snippets/{path}", "# region x\nx = 1\n")
    [finding] = proven.refuse()
    assert finding.startswith(f"snippets/{path}:1: ")


def test_a_module_without_code_need_not_be_shown(proven: Repository) -> None:
    """An empty __init__.py is no snippet."""
    proven.write("snippets/__init__.py", "")
    proven.write("snippets/deep/__init__.py", "# Only a comment.\n")
    assert proven.build().findings == []


def test_a_region_that_no_page_shows_is_refused(proven: Repository) -> None:
    """A region is there to be shown."""
    proven.edit("docs/index.md", "poller.py\n", "poller.py\n:pyobject: Poller.other_task\n")
    assert proven.refuse() == [
        "snippets/poller.py:9: region 'fetch' is shown on no page; show it, or remove its markers"
    ]


def test_a_broken_module_that_no_page_shows_is_refused(proven: Repository) -> None:
    """Markers are checked in every module."""
    proven.write("snippets/spare.py", "# region a\nx = 1\n")
    [finding] = proven.refuse()
    assert finding.startswith("snippets/spare.py:1: region 'a' is never closed; ")


def judge(repository: Repository, page: str) -> list[str]:
    """Return the findings about a finished page with this text."""
    settings = Settings(repository.root)
    html = repository.root / "build/html/index.html"
    html.write_text(page)
    ledger = Ledger.of(settings)
    judge = Judge(settings.root, ledger, DoctestLedger(settings, ledger.expected))
    audit = Audit(settings, judge)
    return [str(finding) for finding in audit.page(html, "docs/index.md")]


YESTERDAY = "docs/index.md:3: shows yesterday's verdict on snippets/poller.py; run 'make "
TEXT = "docs/index.md:3: shows text that is not in snippets/poller.py; run 'make "


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("True", "None", TEXT),
        ("</pre>", "x = 1\n</pre>", TEXT),
        ('data-lines="1-16"', 'data-lines="1-15"', TEXT),
        ('data-lines="1-16"', 'data-lines="1-99"', "docs/index.md:3: broken mark; run 'make "),
        ('data-lines="1-16"', 'data-lines="all"', "docs/index.md:3: broken mark; run 'make "),
        ('data-lines="1-16"', "", "docs/index.md:3: broken mark; run 'make "),
        ('data-evidence="proven"', 'data-evidence="draft"', YESTERDAY),
        ('data-evidence="proven"', "", "docs/index.md:1: Python typed into the page"),
        (re.compile('data-proof="[^"]*"'), 'data-proof="0123456789ab"', YESTERDAY),
        (re.compile('data-proof="[^"]*"'), "", YESTERDAY),
        (re.compile('data-digest="[^"]*"'), 'data-digest="sha256:0"', YESTERDAY),
        (
            re.compile('data-snippet="[^"]*"'),
            'data-snippet="snippets/x.py"',
            "docs/index.md:3: snippets/x.py:1: does",
        ),
        (re.compile('data-snippet="[^"]*"'), "", "docs/index.md:3: broken mark; run 'make "),
        (
            re.compile('data-snippet="[^"]*"'),
            'data-snippet="docs/index.md"',
            "docs/index.md:3: shows docs/index.md; code on pages lives in snippets/",
        ),
        ('data-origin="module"', "", "docs/index.md:3: broken mark; run 'make "),
        ('data-origin="module"', 'data-origin="doctest"', "docs/index.md:3: a doctest block that"),
        ('data-origin="module"', 'data-origin="none"', "docs/index.md:3: broken mark; run 'make "),
        ('data-page="docs/index.md:3"', "", "docs/index.md:1: broken mark; run 'make "),
    ],
)
def test_a_page_that_was_tampered_with_is_found(
    repository: Repository, old: str | re.Pattern[str], new: str, finding: str
) -> None:
    """Text, span, verdict and origin must all agree with the files and the evidence."""
    page = repository.build().page()
    assert judge(repository, page) == []
    tampered = page.replace(old, new) if isinstance(old, str) else old.sub(new, page)
    assert tampered != page
    findings = judge(repository, tampered)
    assert len(findings) == 1
    assert findings[0].startswith(finding)


def test_a_tampered_page_does_not_survive_a_build(repository: Repository) -> None:
    """Sphinx has no reason to write the page again; the audit gives it one."""
    build = repository.build()
    page = build.page()
    (build.folder / "index.html").write_text(page.replace("True", "None"))
    again = repository.build()
    assert (again.code, again.findings) == (0, [])
    assert again.page() == page


def test_the_count_takes_each_line_once(repository: Repository) -> None:
    """A line that two blocks show is one line."""
    repository.edit(
        "docs/index.md",
        "# Polling\n",
        "# Polling\n\n```{literalinclude} ../snippets/poller.py\n:region: fetch\n```\n",
    )
    assert "2 blocks: 6 lines proven, 0 never reached" in repository.build().said
