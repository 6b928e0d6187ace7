"""A Sphinx extension that changes a character of finished pages, as a theme or a filter may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SIGN = ".tampered"
"""The suffix of a file beside the pages that holds what to change, and into what, in two lines."""


def _tamper(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    for sign in app.srcdir.glob(f"*{SIGN}") if "body" in context else ():
        context["body"] = context["body"].replace(*sign.read_text().splitlines())


def setup(app: Sphinx) -> None:
    """Have the last word on each page."""
    app.connect("html-page-context", _tamper, priority=999)
