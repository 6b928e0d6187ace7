"""A content security policy is written into the pages of who asks for one, and of nobody else."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from livesnippets.page.policy import policy_of
from tests.support.repository import TEMPLATE

if TYPE_CHECKING:
    from tests.support.repository import Repository

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:"
SCRIPT, STYLE, ATTRIBUTE = "\n  go('<ü>') && on();\n", "p > a { color: red }", "color: red"
RAW = f"""
```{{raw}} html
<script>{SCRIPT}</script><script src="x.js"></script>
<script type="application/ld+json">{{"a": 1}}</script>
<style>{STYLE}</style><p style="{ATTRIBUTE}">red</p>
```
"""


def hashed(text: str) -> str:
    """Return what gives a text leave."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.fixture
def asking(repository: Repository) -> Repository:
    """Return a repository of two pages, one of which has scripts and styles in it."""
    template = TEMPLATE.replace("<title>", "{{ metatags }}<title>")
    for name in ("page", "search"):
        repository.write(f"themes/bare/{name}.html", template)
    repository.write("docs/inline.md", f"---\norphan: true\n---\n\n# Inline\n{RAW}")
    return repository


def policies(repository: Repository, policy: str = POLICY) -> dict[str, str]:
    """Build the site, and return the policy of each page."""
    build = repository.build(livesnippets_policy=policy, html_extra_path=["extra"])
    assert build.findings == []
    pages = sorted(build.folder.rglob("*.html"))
    return {page.stem: policy_of(page.read_bytes()) for page in pages}


def test_a_page_gives_leave_to_what_stands_in_it(asking: Repository) -> None:
    """By its hash, and to no other page's; data needs none, and the search shows all pages."""
    styles = f"{hashed(STYLE)} 'unsafe-hashes' {hashed(ATTRIBUTE)}"
    expected = {
        "index": POLICY,
        "inline": (
            f"default-src 'none'; script-src 'self' {hashed(SCRIPT)}; "
            f"style-src 'self' {styles}; img-src data:"
        ),
        "search": POLICY.replace("style-src 'self'", f"style-src 'self' {styles}"),
    }
    assert policies(asking) == expected
    asking.edit("docs/index.md", "# Polling", "# Polled")
    assert policies(asking) == expected


def test_hashes_follow_what_stands_in_the_page(asking: Repository) -> None:
    """And a new policy reaches pages that have not changed."""
    policies(asking)
    asking.edit("docs/inline.md", STYLE, "p > b { color: red }")
    changed = policies(asking)["inline"]
    assert hashed("p > b { color: red }") in changed
    assert hashed(STYLE) not in changed
    assert set(policies(asking, "default-src 'self'").values()) == {"default-src 'self'"}


def test_nobody_gets_a_policy_who_has_not_asked(asking: Repository) -> None:
    """Nor do pages that Sphinx has not made."""
    foreign = "<!doctype html><title>of another tool</title><script>go()</script>"
    asking.write("docs/extra/foreign.html", foreign)
    extra = asking.build(livesnippets_policy=POLICY, html_extra_path=["extra"])
    assert extra.page("foreign") == f"{foreign}"
    assert set(policies(asking, "").values()) == {""}


@pytest.mark.filterwarnings("ignore:'tags' will become:sphinx.deprecation.RemovedInSphinx11Warning")
def test_a_book_has_no_policy(asking: Repository) -> None:
    """Its readers have their own."""
    book: dict[str, Any] = {"version": "1", "copyright": "2026, everybody"}
    build = asking.build("epub", livesnippets_policy=POLICY, **book)
    assert build.findings == []
    pages = [page.read_text() for page in build.folder.rglob("*.xhtml")]
    assert pages
    assert [page for page in pages if "default-src" in page] == []


def test_a_hash_is_no_number_that_somebody_typed(asking: Repository) -> None:
    """Whatever letters it has."""
    assert policies(asking, f"{POLICY}; report-to +5s/")["index"].endswith("+5s/")
