"""Wire the parts into Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.page import blocks, layout, policy, stamp
from livesnippets.page.build import JUDGED, Build
from livesnippets.page.directives import (
    Claim,
    Constant,
    EvidenceList,
    Figures,
    Measured,
    Output,
    Timeline,
)
from livesnippets.page.doctests import ProvingDocTestBuilder
from livesnippets.page.literalinclude import StrictLiteralInclude
from livesnippets.page.nodes import display, snippet
from livesnippets.page.take import take, visit_take

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register directive, node, builder and handlers."""
    build = Build()
    app.add_config_value("livesnippets_root", "", "", (str,))
    app.add_config_value("livesnippets_strict", default=True, rebuild="", types=(bool,))
    app.add_config_value("livesnippets_source_url", "", "html", (str,))
    app.add_config_value("livesnippets_doctest_seconds", 90.0, "", (int, float))
    app.add_config_value("livesnippets_policy", "", "html", (str,))
    app.add_config_value("livesnippets_companions", default=True, rebuild="html", types=(bool,))
    app.add_node(snippet, html=(stamp.visit_snippet, stamp.depart_snippet))
    app.add_node(display, html=(stamp.visit_display, None))
    app.add_node(take, html=(visit_take, None))
    app.add_node(layout.scroller, html=(layout.visit_scroller, layout.depart_scroller))
    app.add_directive("literalinclude", StrictLiteralInclude, override=True)
    app.add_directive("timeline", Timeline)
    app.add_directive("output", Output)
    app.add_directive("figures", Figures)
    app.add_directive("evidence", EvidenceList)
    app.add_role("measured", Measured())
    app.add_role("claim", Claim())
    app.add_role("constant", Constant())
    app.setup_extension("sphinx.ext.doctest")
    app.add_builder(ProvingDocTestBuilder, override=True)
    app.add_css_file("livesnippets.css")
    app.add_js_file("replay.js", loading_method="defer")
    app.add_js_file("reach.js", loading_method="defer")
    app.add_js_file("take.js", loading_method="defer")
    app.add_env_collector(blocks.Blocks)
    app.add_event(JUDGED)
    app.connect("config-inited", build.configure)
    app.connect("env-get-outdated", build.load, priority=400)  # `outdated` needs it
    app.connect("env-get-outdated", build.outdated)
    app.connect("doctree-read", stamp.clear_titles, priority=400)  # Sphinx copies them at 500
    app.connect("env-updated", build.rewritten)
    app.connect("html-page-context", build.describe, priority=900)  # others describe it before
    app.connect("doctree-resolved", build.stamp)
    app.connect("doctree-resolved", layout.wrap_tables)
    app.connect("doctree-resolved", layout.keep_marks)
    app.connect("html-page-context", policy.ask)
    app.connect("build-finished", build.audit, priority=999)  # others may write pages then
    app.connect("build-finished", build.refuse)
    return {
        "version": "0.1.0",
        "env_version": 3,  # counts what the attributes of our nodes have meant: Sphinx keeps them
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
