"""Find the verdict on a block of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.evidence.verdict import DRAFT, PROVEN, UNPROVEN, Verdict
from livesnippets.finding import Finding, SourceError
from livesnippets.page.displays import Displays
from livesnippets.page.nodes import code_of
from livesnippets.source.module import Excerpt, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.doctests import DoctestLedger
    from livesnippets.evidence.ledger import Ledger
    from livesnippets.page.nodes import snippet


class Judge:
    """Finds the verdict on a block, from the tests' or from the doctests' evidence."""

    def __init__(self, root: Path, ledger: Ledger, doctests: DoctestLedger) -> None:
        self.root = root
        self.ledger = ledger
        self.doctests = doctests
        self.displays = Displays(ledger)

    def judge_doctest(self, page: str, line: int, text: str) -> Verdict:
        """Return the verdict on the ``>>>`` block at `line` of `page`."""
        problem = self.doctests.problem(page, text)
        findings = [Finding(page, line, problem)] if problem else []
        return Verdict(UNPROVEN if findings else PROVEN, {}, {}, findings)

    def stamp(self, node: snippet) -> None:
        """Set the verdict of one block, and the environment that it is for."""
        node["environment"] = str(self.ledger.expected)
        page, _, line = node["page"].rpartition(":")
        if node["problem"]:
            finding = Finding(page, int(line), node["problem"])
            node["verdict"] = Verdict(DRAFT, {}, {}, [finding])
            return
        try:
            node["verdict"] = self._judge(node)
        except SourceError as error:
            node["verdict"] = Verdict(
                DRAFT, {}, {}, [Finding(error.path, error.line, error.message)]
            )

    def _judge(self, node: snippet) -> Verdict:
        path, numbers, text = node["path"], tuple(node["numbers"]), code_of(node)
        if not path.endswith(".py"):
            return self.judge_doctest(path, numbers[0], text)
        node["source"] = read_source(self.root, path)
        return self.ledger.judge(node["source"], Excerpt(numbers, text))
