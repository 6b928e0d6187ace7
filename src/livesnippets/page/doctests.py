"""Keep what Sphinx's doctest builder finds, as evidence for the ``>>>`` blocks of the pages."""

from __future__ import annotations

import doctest
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sphinx.ext.doctest
from docutils import nodes
from sphinx.ext.doctest import DocTestBuilder, SphinxDocTestRunner
from sphinx.util import logging

from livesnippets.evidence import doctests as evidence
from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.files import write_sealed
from livesnippets.page.session import Session
from livesnippets.settings import Settings
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
TALLIES = (
    *("total_failures", "total_tries", "setup_failures", "setup_tries"),
    *("cleanup_failures", "cleanup_tries"),
)


class Outcome(NamedTuple):
    """What the process of a page's doctests tells at its end."""

    passed: bool = False
    tallies: tuple[int, ...] = ()
    """The builder's, after the page."""
    whole: dict[str, bool] = {}  # noqa: RUF012 - nobody changes it
    """Whether each of its examples was attempted, for each block by its text."""
    files: dict[str, str] = {}  # noqa: RUF012 - the same
    """The digests of the repository's modules that it imported."""


class Runner(SphinxDocTestRunner):
    """Compares also what an exception says, and counts what is attempted."""

    def __init__(self, send: Callable[[int], None], **options: Any) -> None:  # noqa: ANN401 - doctest's
        super().__init__(**options)
        self.whole: dict[str, bool] = {}
        self._send = send
        self._attempted = 0

    def run(self, test: doctest.DocTest, *rest: Any, **options: Any) -> doctest.TestResults:  # noqa: ANN401 - doctest's
        """Run one block, or set-up code."""
        for example in test.examples:
            example.options[doctest.IGNORE_EXCEPTION_DETAIL] = False  # a page shows it
        self._attempted = 0
        results = super().run(test, *rest, **options)
        text = test.docstring or ""
        self.whole[text] = self._attempted == len(test.examples) and self.whole.get(text, True)
        return results

    def report_start(self, out: Any, test: doctest.DocTest, example: doctest.Example) -> None:  # noqa: ANN401 - doctest's
        """Count an example, and say in which line it stands."""
        self._attempted += 1
        self._send((test.lineno or 0) + example.lineno + 1)
        super().report_start(out, test, example)


class ProvingDocTestBuilder(DocTestBuilder):
    """The doctest builder, which also writes its results to the evidence.

    The doctests of a page run in a session of their own, so that one that hangs ends alone, and a
    Ray that one starts is gone before the next page's.
    """

    _send: Callable[[Any], None] | None = None
    """In the process of a page's doctests: what hands on what they say."""

    def init(self) -> None:
        """Begin without results."""
        super().init()
        self.settings = Settings.read(Path(self.config.livesnippets_root))
        self.pages: dict[str, evidence.PageRun] = {}

    def test_doc(self, docname: str, doctree: nodes.Node) -> bool:
        """Run one page's doctests and keep the outcome."""
        if not any(map(_is_tested, doctree.findall(nodes.Element))):
            return True
        before = self._failures()
        outcome = self._outcome(docname, doctree)
        passed = outcome.passed and self._failures() == before
        source = Path(self.env.doc2path(docname))
        path = source.relative_to(self.settings.root).as_posix()
        files = {path: digest(source.read_bytes()), **outcome.files}
        blocks: dict[str, evidence.Block] = {}
        for node in filter(is_doctest, doctree.findall(nodes.Element)):
            shown = evidence.text_digest(node.astext())
            if shown not in blocks or blocks[shown].ran:  # one of two that read alike may not have
                blocks[shown] = self._block(node, outcome.whole)
        self.pages[path] = evidence.PageRun(files, passed, blocks)
        return passed

    def _block(self, node: nodes.Element, whole: dict[str, bool]) -> evidence.Block:
        text = node.get("test", node.astext())
        if self.skipped(node) or not whole.get(text):
            return evidence.Block(ran=False)
        return evidence.Block(ran=True, unchecked=evidence.unchecked(text))

    def _outcome(self, docname: str, doctree: nodes.Node) -> Outcome:
        """Run a page's doctests in a session of their own."""
        seconds: float = self.config.livesnippets_doctest_seconds
        line, outcome = 1, Outcome()
        problem = "the process of this page's doctests has ended; let it go on to their end"
        try:
            with Session(partial(self._run, docname, doctree)) as session:
                for message in session.messages(seconds):
                    if isinstance(message, Outcome):
                        outcome = message
                    elif isinstance(message, int):
                        line = message
                    else:
                        self._out(message)
        except TimeoutError:
            problem = (
                f"still runs after {seconds:g} s; mend it, or set livesnippets_doctest_seconds"
            )
        if not outcome.tallies:
            logger.error("%s", problem, location=(docname, line))
            self.total_failures += 1
        for name, tally in zip(TALLIES, outcome.tallies, strict=False):
            setattr(self, name, tally)
        return outcome

    def _run(self, docname: str, doctree: nodes.Node, send: Callable[[Any], None]) -> None:
        """Run a page's doctests, in a process that is theirs alone."""
        self._send = send
        sphinx.ext.doctest.SphinxDocTestRunner = partial(Runner, send)  # type: ignore[assignment,misc] # what the builder runs
        passed = super().test_doc(docname, doctree)
        tallies = tuple(getattr(self, name) for name in TALLIES)
        whole: dict[str, bool] = getattr(self.test_runner, "whole", {})  # it is our `Runner`
        send(Outcome(passed, tallies, whole, _imported(self.settings)))

    def _out(self, text: str, /) -> None:
        if self._send:
            self._send(text)
        else:
            super()._out(text)

    def _warn_out(self, text: str, /) -> None:
        if self._send:
            self._send(text)
        else:
            super()._warn_out(text)

    def finish(self) -> None:
        """Write the evidence."""
        super().finish()
        found = evidence.DoctestEvidence(this_environment(), self.pages)
        write_sealed(self.settings.evidence_directory / evidence.FILE, found)

    def _failures(self) -> int:
        return self.total_failures + self.setup_failures + self.cleanup_failures


def is_doctest(node: nodes.Node) -> bool:
    """Whether the doctest builder runs this node as a ``>>>`` block."""
    return getattr(node, "attributes", {}).get("testnodetype") == "doctest"


def _is_tested(node: nodes.Element) -> bool:
    return "testnodetype" in node or isinstance(node, nodes.doctest_block)


def _imported(settings: Settings) -> dict[str, str]:
    """Return the digests of the repository's modules that this process has imported."""
    names = [vars(module).get("__file__") for module in list(sys.modules.values())]
    files = [Path(name) for name in names if name]
    return {
        file.relative_to(settings.root).as_posix(): digest(file.read_bytes())
        for file in files
        if file.is_relative_to(settings.root)
        and not any(map(file.is_relative_to, settings.foreign))
        and file.is_file()
    }
