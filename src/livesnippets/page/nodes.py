"""The nodes that carry to the finished page where a block comes from, and what is shown."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from docutils import nodes

from livesnippets.finding import Place

if TYPE_CHECKING:
    from sphinx.util.docutils import SphinxDirective, SphinxRole

    from livesnippets.finding import Finding


class Origin(StrEnum):
    """Where the code of a block comes from."""

    MODULE = "module"
    DOCTEST = "doctest"
    NONE = "none"
    """From nowhere that anybody may show; the node's ``finding`` says why."""


class snippet(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are lower case
    """One block of code and where it comes from.

    Attributes: ``place`` on the page, ``origin``, and of code that has one: ``path``, ``excerpt``
    (`Excerpt`), ``digest`` of the module, and the title that it is folded away under, ``fold``, or
    an empty one, whether its proof is ``open``, the name of the block that it is compared with,
    ``old``, and the numbers of the lines ``changed`` since. Without an origin: its ``finding``.
    """


class display(nodes.General, nodes.Inline, nodes.Element):  # noqa: N801 - as docutils' nodes
    """One display: ``kind``, ``request`` (JSON) and ``place``; later ``html`` or ``finding``."""


def place_of(directive: SphinxDirective | SphinxRole) -> Place:
    """Return where a directive or a role stands."""
    source, line = directive.get_source_info()
    return Place(os.path.relpath(source or "", directive.config.livesnippets_root), line or 1)


def refused(place: Place, finding: Finding, *content: nodes.Node) -> snippet:
    """Return a block that must not be published, with the reason in place of proof."""
    return snippet("", *content, place=place, origin=Origin.NONE, finding=finding)
