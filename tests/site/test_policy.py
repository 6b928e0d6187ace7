"""The content security policy of the pages: all that they do works under it, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.policy import policy_of
from tests.site.conftest import PATTERN, SITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

PAGES = sorted(SITE.rglob("*.html")) if SITE.exists() else []
REFUSED = "Content Security Policy"
INJECTED = {
    "a script": """() => {
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
    }""",
    "a handler": """() => {
      document.body.insertAdjacentHTML("beforeend", "<button onclick='injected = true'>");
      document.body.lastChild.click();
    }""",
    "a script of another site": """() => new Promise((done) => {
      const script = document.createElement("script");
      script.src = "http://127.0.0.1:9/x.js";
      script.onerror = done;
      document.body.append(script);
    })""",
    "a style": """() => document.body.insertAdjacentHTML(
      "beforeend", "<p style='position: fixed' id=injected></p>")""",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_lets_in_what_is_not_its_own(path: Path) -> None:
    """Scripts and styles are files of the site, or named by their hashes; there are no others."""
    html = path.read_bytes()
    directives = dict(part.split(maxsplit=1) for part in policy_of(html).split("; "))
    assert directives["default-src"] == "'none'"
    for name in ("script-src", "style-src"):
        own, *hashes = directives[name].split()
        assert own == "'self'"
        assert [each for each in hashes if not each.startswith("'sha256-")] == []
    assert LexborHTMLParser(html).css("[style], [onclick], [onload]") == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_page_works_under_its_policy(
    visit: Callable[..., Page], served: str, path: Path
) -> None:
    """Its theme is set before it is seen and can be changed; the browser refuses nothing."""
    page = visit(f"{served}/{path.relative_to(SITE)}", color_scheme="light")
    assert page.evaluate("document.body.dataset.theme") == "auto"
    page.locator(".theme-toggle:visible").first.click()
    assert page.evaluate("document.body.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.body.dataset.theme") == "dark"


def test_the_search_finds_pages_under_the_policy(visit: Callable[..., Page], served: str) -> None:
    """It loads its index, and shows where the words stand."""
    page = visit(f"{served}/search.html?q=recorder")
    found = page.locator("#search-results li", has_text="How it works").first
    found.locator("mark", has_text="recorder").first.wait_for()


@pytest.mark.parametrize("what", INJECTED)
def test_what_is_injected_is_refused(visit: Callable[..., Page], served: str, what: str) -> None:
    """It does not run, and the browser says why."""
    page = visit(f"{served}/{PATTERN}", expected=REFUSED)
    page.evaluate("""() => {
      window.refused = [];
      addEventListener("securitypolicyviolation", (event) => refused.push(event.violatedDirective));
    }""")
    page.evaluate(INJECTED[what])
    page.wait_for_function("() => window.refused.length > 0")
    assert page.evaluate("window.injected instanceof Element || window.injected === undefined")
    position = "getComputedStyle(document.querySelector('p#injected') ?? document.body).position"
    assert page.evaluate(position) == "static"
