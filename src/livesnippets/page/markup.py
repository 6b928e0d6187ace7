"""The HTML of a finished page, whatever the builder put it into."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from selectolax.lexbor import LexborHTMLParser, LexborNode


def markup(page: Path) -> bytes | str:
    """Return what a reader's browser gets of a page that an HTML builder wrote to a file."""
    written = page.read_bytes()
    if page.suffix == ".fjson":
        context = json.loads(written)
    elif page.suffix == ".fpickle":
        context = pickle.loads(written)  # noqa: S301 - as Sphinx reads its own doctrees
    else:
        return written
    return f"{context.get('metatags', '')}{context.get('body', '')}"


def article_of(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the element of a page that holds what the page is about, without its frame."""
    return tree.css_first("article") or tree.css_first("[role=main]") or tree.body
