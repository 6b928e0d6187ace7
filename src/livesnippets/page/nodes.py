"""The nodes that carry to the finished page where a block comes from, and what is shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective, SphinxRole


class display(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801 - as docutils' nodes
    """One display: ``kind``, ``request`` (JSON) and ``page``; later ``html`` or ``problem``."""


class snippet(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """One block of code and where it comes from.

    Attributes: ``page`` (``docs/page.md:12``), ``path``, ``numbers`` (the lines' numbers),
    ``digest`` of the file, ``problem`` (why the block must not be published, or empty).
    """


def page_of(directive: SphinxDirective | SphinxRole) -> str:
    """Return where a directive or a role stands, as ``docs/page.md:12``."""
    source, line = directive.get_source_info()
    return f"{os.path.relpath(source or '', directive.config.livesnippets_root)}:{line}"


def failed(page: str, problem: str, *, path: str = "", line: int = 0, text: str = "") -> snippet:
    """Return a block that must not be published, with the reason in place of proof."""
    where = f"{path}:{line}: " if path and line else ""
    content = [nodes.literal_block(text, text, language="text")] if text else []
    return snippet(
        "", *content, page=page, path="", numbers=(), problem=f"{where}{problem}", digest=""
    )


def code_blocks(node: nodes.Element) -> list[nodes.Element]:
    """Return the blocks of code below a node."""
    kinds = (nodes.literal_block, nodes.doctest_block)
    return [block for block in node.findall(nodes.Element) if isinstance(block, kinds)]


def code_of(node: nodes.Element) -> str:
    """Return the text of a node's block of code."""
    return code_blocks(node)[0].astext()
