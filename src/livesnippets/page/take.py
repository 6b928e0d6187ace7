"""The line below a page's title that leads to what can be taken along: its text, its code."""

from __future__ import annotations

from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from docutils import nodes

from livesnippets.page.draft import CODE, NOTEBOOK, TWIN
from livesnippets.page.nodes import Origin, snippet
from livesnippets.page.proof import copy_link
from livesnippets.source.imports import with_imports

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator


class take(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """The line: the ``files`` of the repository that the page's code is, with what it imports."""


def offer(doctree: nodes.document, root: Path) -> None:
    """Put the line below the title of a page that shows code of modules."""
    blocks = doctree.findall(snippet)
    shown = {block["path"] for block in blocks if block["origin"] is Origin.MODULE}
    title = doctree.next_node(nodes.title)
    if not shown or title is None:
        return
    line = take("", files=with_imports(root, shown))
    title.parent.insert(title.parent.index(title) + 1, line)


def visit_take(translator: HTML5Translator, node: take) -> None:
    """Write the line; one file needs no archive."""
    builder = translator.builder
    page = Path(builder.get_outfilename(builder.current_docname))
    twin, notebook, code = (quote(page.with_suffix(each).name) for each in (TWIN, NOTEBOOK, CODE))
    name = ""
    if len(node["files"]) == 1:
        (path,) = node["files"]
        code, name = copy_link(translator, path), PurePosixPath(path).name
    links = [
        f'<a class="take-page" href="{twin}">copy page</a>',
        f'<a href="{notebook}" download>notebook</a>',
        f'<a href="{escape(code)}" download="{escape(name)}">code</a>',
    ]
    said = '<span role="status"></span>'
    translator.body.append(f'<p class="take">Take along: {" · ".join(links)} {said}</p>\n')
    raise nodes.SkipNode
