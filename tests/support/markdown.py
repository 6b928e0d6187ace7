"""A Sphinx extension with a builder that knows no node but docutils' and Sphinx's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.builders.text import TextBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class MarkdownBuilder(TextBuilder):
    """Stands for the builders of other packages."""

    name = "markdown"
    format = "markdown"
    out_suffix = ".md"


def setup(app: Sphinx) -> None:
    """Register the builder."""
    app.add_builder(MarkdownBuilder)
