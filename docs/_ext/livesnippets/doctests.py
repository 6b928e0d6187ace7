"""Keep what Sphinx's doctest builder finds, as evidence for the ``>>>`` blocks of the pages."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from docutils import nodes
from sphinx.ext.doctest import DocTestBuilder

from livesnippets import isolation
from livesnippets.evidence import (
    FORMAT,
    EvidenceError,
    read_sealed,
    this_environment,
    write_sealed,
)
from livesnippets.finding import Finding
from livesnippets.settings import Settings
from livesnippets.source import digest

FILE = "doctest.json"
FLAG = re.compile(r"[ \t]*#[ \t]*doctest:.*$", re.MULTILINE)


@dataclass(frozen=True)
class PageRun:
    """What the doctests of one page did."""

    digest: str
    """The digest of the page's source."""
    passed: bool
    blocks: list[str] = field(default_factory=list)
    """The digest of each block that ran, without doctest flags, which pages do not show."""


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
        pages = {path: asdict(run) for path, run in self.pages.items()}
        content = {"format": FORMAT, "environment": asdict(this_environment()), "pages": pages}
        write_sealed(settings.evidence_directory / FILE, content)

    def _failures(self) -> int:
        return self.total_failures + self.setup_failures + self.cleanup_failures


def is_doctest(node: nodes.Node) -> bool:
    """Whether the doctest builder runs this node as a ``>>>`` block."""
    return getattr(node, "attributes", {}).get("testnodetype") == "doctest"


def text_digest(text: str) -> str:
    """Return the digest of a block's text without its doctest flags."""
    return digest(FLAG.sub("", text).strip().encode())


class DoctestLedger:
    """The doctest evidence, checked against the pages as they are now."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.root
        self.findings: list[Finding] = []
        self.pages: dict[str, PageRun] = {}
        path = settings.evidence_directory / FILE
        if not path.exists():
            return
        try:
            content = read_sealed(path)
            if content["environment"] == asdict(settings.environment()):
                self.pages = {page: PageRun(**run) for page, run in content["pages"].items()}
        except (EvidenceError, KeyError, TypeError) as error:
            self.findings.append(Finding(f"{settings.evidence}/{FILE}", 1, str(error)))

    def problem(self, page: str, text: str) -> str:
        """Return why the block with this text is not proven, or an empty text if it is."""
        run = self.pages.get(page)
        if run is None or run.digest != digest((self.root / page).read_bytes()):
            return "a doctest block that has not run on the page as it is; run 'make doctest'"
        if text_digest(text) not in run.blocks:
            return "a doctest block that is skipped; let it run, or remove it"
        return "" if run.passed else "a page whose doctests fail; mend them, run 'make doctest'"
