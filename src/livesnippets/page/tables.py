"""Let a wide table scroll in a box of its own, which a keyboard reaches and a reader hears of."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class scroller(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """The box around a table: ``name``."""


def wrap_tables(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Put each table of a page into a `scroller`, called as its title or its section."""
    if app.builder.format != "html":
        return
    for table in list(doctree.findall(nodes.table)):
        around: nodes.Element | None = table
        title = None
        while around is not None and title is None:
            title, around = around.next_node(nodes.title), around.parent
        box = scroller("", name=f"Table: {title.astext()}" if title is not None else "Table")
        table.replace_self(box)
        box += table


def visit_scroller(translator: HTML5Translator, node: scroller) -> None:
    """Open the box."""
    name = escape(node["name"])
    translator.body.append(
        f'<div class="table-box" role="region" tabindex="0" aria-label="{name}">'
    )


def depart_scroller(translator: HTML5Translator, _node: scroller) -> None:
    """Close it."""
    translator.body.append("</div>\n")
