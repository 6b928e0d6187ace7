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
SHORT = 25
"""Characters that a line has room for, also on a phone: a longer link or code may be broken."""


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
        if claim["kind"] != "claim":
            continue
        parent, at = claim.parent, claim.parent.index(claim)
        while at and parent[at - 1].astext() == "" and isinstance(parent[at - 1], nodes.Text):
            at -= 1
            del parent[at]  # MyST leaves such ones after bold text
        if at == 0:
            continue
        before, last = _split(parent[at - 1])
        parent[at - 1 : at + 1] = [*before, nodes.inline("", "", *last, claim)]


def _split(node: nodes.Node) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Return what comes before the last word of a piece of a sentence, and that word."""
    if isinstance(node, nodes.Text):
        head = LAST_WORD.sub("", node.astext())
        return [nodes.Text(head)], [nodes.Text(node.astext()[len(head) :])]
    if isinstance(node, nodes.strong | nodes.emphasis):
        rest, word = node.copy(), node.copy()
        *others, end = node.children  # a line of the source is a child
        before, word[:] = _split(end)
        rest[:] = [*others, *before]
        return [rest], [word]
    return ([], [node]) if len(node.astext()) < SHORT else ([node], [])


def visit_scroller(translator: HTML5Translator, node: scroller) -> None:
    """Open the box."""
    name = escape(node["name"])
    translator.body.append(
        f'<div class="table-box" role="region" tabindex="0" aria-label="{name}">'
    )


def depart_scroller(translator: HTML5Translator, _node: scroller) -> None:
    """Close it."""
    translator.body.append("</div>\n")
