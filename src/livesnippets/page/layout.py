"""Lay pages out: a wide table scrolls in a box of its own, a mark stays with its sentence."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes

from livesnippets.page.nodes import display

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


LAST_WORD = re.compile(r"\S+$")


class scroller(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """The box around a table: ``name``."""


def wrap_tables(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Put each table of a page into a `scroller`, called as its title or its section."""
    if app.builder.format != "html":
        return
    names: Counter[str] = Counter()
    for table in list(doctree.findall(nodes.table)):
        around: nodes.Element | None = table
        title = None
        while around is not None and title is None:
            title, around = around.next_node(nodes.title), around.parent
        name = f"Table: {title.astext()}" if title is not None else "Table"
        names[name] += 1
        box = scroller("", name=f"{name}, {names[name]}" if names[name] > 1 else name)
        table.replace_self(box)
        box += table


def keep_marks(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Let no line break come between the last word of a sentence and the mark of its claim."""
    if app.builder.format != "html":
        return
    for claim in list(doctree.findall(display)):
        before = claim.parent[claim.parent.index(claim) - 1]
        if claim["kind"] != "claim" or not isinstance(before, nodes.Text):
            continue
        text = before.astext()
        head = LAST_WORD.sub("", text)
        together = nodes.inline("", text[len(head) :])
        claim.parent.replace(before, nodes.Text(head))
        claim.parent.replace(claim, together)
        together += claim


def visit_scroller(translator: HTML5Translator, node: scroller) -> None:
    """Open the box."""
    name = escape(node["name"])
    translator.body.append(
        f'<div class="table-box" role="region" tabindex="0" aria-label="{name}">'
    )


def depart_scroller(translator: HTML5Translator, _node: scroller) -> None:
    """Close it."""
    translator.body.append("</div>\n")
