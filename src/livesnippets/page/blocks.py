"""How many blocks the site has: known when all pages are read, and shown on those that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from sphinx.environment.collectors import EnvironmentCollector

from livesnippets.page.doctests import is_doctest
from livesnippets.page.nodes import display, snippet

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class OfPage(NamedTuple):
    """What a page adds to the count."""

    blocks: int
    counts: bool
    """Whether the page says how many there are."""


class Blocks(EnvironmentCollector):
    """Counts the blocks of each page as it is read."""

    def clear_doc(self, _app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page."""
        pages(env).pop(docname, None)

    def merge_other(
        self,
        _app: Sphinx,
        env: BuildEnvironment,
        docnames: AbstractSet[str],
        other: BuildEnvironment,
    ) -> None:
        """Take over what another process has read."""
        pages(env).update({name: pages(other)[name] for name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Count the blocks of a page."""
        blocks = sum(map(_is_block, doctree.findall(nodes.Element)))
        counts = any(shown["kind"] == "figures" for shown in doctree.findall(display))
        pages(app.env)[app.env.current_document.docname] = OfPage(blocks, counts)


def pages(env: BuildEnvironment) -> dict[str, OfPage]:
    """Return what is known of each page that has been read; Sphinx keeps it for the next build."""
    found: dict[str, OfPage] = vars(env).setdefault("livesnippets_pages", {})
    return found


def count(env: BuildEnvironment) -> int:
    """Return how many blocks the pages have that have been read."""
    return sum(page.blocks for page in pages(env).values())


def _is_block(node: nodes.Element) -> bool:
    return isinstance(node, snippet) or is_doctest(node)
