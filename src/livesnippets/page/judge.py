"""Find the verdict on a block of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from livesnippets.evidence.verdict import DRAFT, PROVEN, UNPROVEN, Verdict
from livesnippets.finding import Finding, Kind, Place, SourceError
from livesnippets.page.displays import Displays
from livesnippets.page.nodes import Origin
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from livesnippets.evidence.doctests import DoctestLedger
    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Result
    from livesnippets.page.marks import Mark
    from livesnippets.page.nodes import snippet


@dataclass(frozen=True)
class Block:
    """A block of a finished page that has an origin."""

    mark: Mark
    sha256: str
    """The digest of its text."""
    tests: Mapping[str, Result]
    """The passing, current tests that ran lines of it; none if it is a doctest."""


@dataclass(frozen=True)
class Judgement:
    """What the audit found on all pages; Sphinx hands it on as ``livesnippets-judged``."""

    findings: list[Finding]
    shown: dict[str, frozenset[str]]
    """The snippet modules that each finished page shows, by its path below the output folder."""


class Judge:
    """Finds the verdict on a block, from the tests' or from the doctests' evidence."""

    def __init__(
        self, root: Path, ledger: Ledger, doctests: DoctestLedger, source_url: str = ""
    ) -> None:
        self.root = root
        self.ledger = ledger
        self.doctests = doctests
        self.displays = Displays(ledger, source_url)

    def doctest(self, place: Place, text: str) -> Verdict:
        """Return the verdict on the ``>>>`` block at a place of a page."""
        problem = self.doctests.problem(place.path, text)
        findings = [Finding(place, Kind.DOCTEST, *problem)] if problem else []
        return Verdict(UNPROVEN if findings else PROVEN, {}, {}, findings)

    def verdict(self, node: snippet) -> Verdict:
        """Return the verdict on a block that is about to be written."""
        if node["origin"] is Origin.NONE:
            return Verdict(DRAFT, {}, {}, [node["finding"]])
        if node["origin"] is Origin.DOCTEST:
            return self.doctest(node["place"], node["excerpt"].text)
        try:
            source = read_source(self.root, node["path"])
        except SourceError as error:
            return Verdict(DRAFT, {}, {}, [error.finding])
        return self.ledger.judge(source, node["excerpt"])
