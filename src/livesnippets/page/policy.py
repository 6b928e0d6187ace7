"""A content security policy in each page, with the hashes of what the page itself has inline.

A host without settings for headers, such as GitHub Pages, sends none; a page can bring its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING, Any

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sphinx.application import Sphinx

HEADER = "Content-Security-Policy"
HEAD = 8192
"""The bytes of a page that hold its policy."""
LEAVE = re.compile(r"'(?:sha256-[^']*|unsafe-hashes)'")


def ask(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """Have the theme write ``livesnippets_policy`` into the head of each page that it makes.

    Not in books and the like, whose readers have their own.
    """
    policy = app.config.livesnippets_policy
    if policy and not getattr(app.builder, "embedded", True):
        context["metatags"] = f"{_meta(policy)}{context.get('metatags') or ''}"


def complete(pages: Iterable[Path], search: Path, policy: str) -> None:
    """Add to the policies of finished pages the hashes of what stands in them.

    The search parses other pages to show of them, and a browser applies its policy to their styles.
    """
    styles: dict[str, None] = {}
    asked = _meta(policy).encode()
    for page in sorted(pages, key=lambda each: (each == search, each)):
        if asked in _head(page):  # else it has its hashes, or is not of this build
            html = page.read_bytes()
            own = _with_hashes(policy, LexborHTMLParser(html), styles if page == search else ())
            page.write_bytes(html.replace(asked, _meta(own).encode(), 1))
        for directive in policy_of(_head(page)).split(";"):
            if directive.split()[:1] == ["style-src"]:
                styles |= dict.fromkeys(LEAVE.findall(directive))


def _head(page: Path) -> bytes:
    with page.open("rb") as file:
        return file.read(HEAD)


def policy_of(html: bytes) -> str:
    """Return the policy that a page bears; empty if it bears none."""
    element = LexborHTMLParser(html[:HEAD]).css_first(f'meta[http-equiv="{HEADER}"]')
    return (element.attributes.get("content") or "") if element else ""


def _meta(policy: str) -> str:
    return f'<meta http-equiv="{HEADER}" content="{escape(policy, quote=False)}">'


def _with_hashes(policy: str, tree: LexborHTMLParser, styles: Iterable[str]) -> str:
    """Return the policy with the hashes of a page, and `styles`, in the directives they are for."""
    attributes = list(_hashes(node.attributes.get("style") for node in tree.css("[style]")))
    leave = {
        # Data is not run, and needs no leave.
        "script-src": _hashes(
            node.text() for node in tree.css('script:not([src], [type*="json"])')
        ),
        "style-src": dict.fromkeys(
            [
                *_hashes(node.text() for node in tree.css("style")),
                *(["'unsafe-hashes'"] if attributes else []),
                *attributes,
                *styles,
            ]
        ),
    }
    directives = [directive.split() for directive in policy.split(";")]
    return "; ".join(" ".join([*each, *leave.get(each[0], ())]) for each in directives if each)


def _hashes(texts: Iterable[str | None]) -> Iterator[str]:
    for text in dict.fromkeys(texts):
        digest = hashlib.sha256((text or "").encode()).digest()
        yield f"'sha256-{base64.b64encode(digest).decode()}'"
