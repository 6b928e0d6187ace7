"""The directives and roles that ask for what a test left: outputs, numbers, timelines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective, SphinxRole

from livesnippets.page.displays import LIST
from livesnippets.page.nodes import display, place_of

if TYPE_CHECKING:
    from sphinx.util.typing import OptionSpec


class Timeline(SphinxDirective):
    """Draw recordings one above the other: a line ``name: title`` for each.

    ``:callout: name`` points to the first call of this name in each picture. With
    ``:own-scales:`` each picture is as wide as it can be; otherwise all have one scale.
    ``:beside:`` puts them side by side, where there is room, and one button plays all.
    """

    has_content = True
    option_spec: ClassVar[OptionSpec] = {
        "callout": directives.unchanged_required,
        "own-scales": directives.flag,
        "beside": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return one `display`."""
        wanted = [[part.strip() for part in line.split(":", 1)] for line in self.content if line]
        if not wanted or any(len(each) != 2 for each in wanted):  # noqa: PLR2004 - name and title
            raise self.error("a timeline wants a line 'name: title' for each recording")
        request = {
            "recordings": wanted,
            "callout": self.options.get("callout"),
            "own_scales": "own-scales" in self.options,
            "beside": "beside" in self.options,
        }
        return [display("", kind="timeline", request=json.dumps(request), place=place_of(self))]


class Output(SphinxDirective):
    """Show what a module printed when its test ran it: ``{output} snippets.x.y``."""

    required_arguments = 1
    option_spec: ClassVar[OptionSpec] = {}

    def run(self) -> list[nodes.Node]:
        """Return one `display`."""
        request = json.dumps(self.arguments[0])
        return [display("", kind="output", request=request, place=place_of(self))]


class Figures(SphinxDirective):
    """Count what is proven: blocks, lines and tests, and say where they ran."""

    def run(self) -> list[nodes.Node]:
        """Return one `display`."""
        return [display("", kind="figures", request="null", place=place_of(self))]


class EvidenceList(SphinxDirective):
    """List all blocks of the site with their digests, tests and commits."""

    def run(self) -> list[nodes.Node]:
        """Return one `display`, which is filled in when all pages are judged."""
        return [display("", kind=LIST, request="null", place=place_of(self))]


class Measured(SphinxRole):
    """Show a measured number: its median, with unit, count, spread and machine as a tooltip."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return one inline `display`."""
        request = json.dumps(self.text)
        return [display("", kind="measured", request=request, place=place_of(self))], []


class Claim(SphinxRole):
    """Tie what stands before it to the test that shows it: ``{claim}`test_name` ``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return one inline `display`, numbered so that it has an id of its own."""
        request = json.dumps([self.text, self.env.new_serialno("claim") + 1])
        return [display("", kind="claim", request=request, place=place_of(self))], []


class Constant(SphinxRole):
    """Mark a number with a unit as a choice that somebody made, such as a timeout."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text as it stands."""
        return [nodes.inline(self.text, self.text, classes=["constant"])], []
