"""Keep what Sphinx's doctest builder finds, as evidence for the ``>>>`` blocks of the pages."""

from __future__ import annotations

import os
from pathlib import Path

from docutils import nodes
from sphinx.ext.doctest import DocTestBuilder

from livesnippets import isolation
from livesnippets.evidence.doctests import FILE, DoctestEvidence, PageRun, text_digest
from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.files import write_sealed
from livesnippets.settings import Settings
from livesnippets.source.module import digest


class ProvingDocTestBuilder(DocTestBuilder):
    """The doctest builder, which also writes its results to the evidence."""

    def init(self) -> None:
        """Begin without results; a Ray that a doctest starts is to be reached by nobody else."""
        super().init()
        os.environ.update(isolation.VARIABLES)
        self.pages: dict[str, PageRun] = {}

    def test_doc(self, docname: str, doctree: nodes.Node) -> bool:
        """Run one page's doctests and keep the outcome."""
        failures = self._failures()
        passed = super().test_doc(docname, doctree)
        found = [node for node in doctree.findall(nodes.Element) if is_doctest(node)]
        blocks = [
            text_digest(node.astext())
            for node in found
            if not self.skipped(node) and "+SKIP" not in node.get("test", node.rawsource)
        ]
        source = Path(self.env.doc2path(docname))
        path = source.relative_to(self.config.livesnippets_root).as_posix()
        passed = passed and self._failures() == failures
        if found:
            self.pages[path] = PageRun(digest(source.read_bytes()), passed, blocks)
        return passed

    def finish(self) -> None:
        """Write the evidence."""
        super().finish()
        settings = Settings.read(Path(self.config.livesnippets_root))
        found = DoctestEvidence(this_environment(), self.pages)
        write_sealed(settings.evidence_directory / FILE, found)

    def _failures(self) -> int:
        return self.total_failures + self.setup_failures + self.cleanup_failures


def is_doctest(node: nodes.Node) -> bool:
    """Whether the doctest builder runs this node as a ``>>>`` block."""
    return getattr(node, "attributes", {}).get("testnodetype") == "doctest"
