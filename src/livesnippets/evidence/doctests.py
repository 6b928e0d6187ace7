"""What Sphinx's doctest builder found, as evidence for the ``>>>`` blocks of the pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from livesnippets.evidence.environment import Environment, expected_environment
from livesnippets.evidence.files import CURE, EvidenceError, read_sealed
from livesnippets.evidence.results import FORMAT
from livesnippets.finding import Finding, Kind, Place
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from livesnippets.settings import Settings

FILE = "doctest.json"
FLAG = re.compile(r"[ \t]*#[ \t]*doctest:.*$", re.MULTILINE)


class PageRun(Struct, frozen=True, forbid_unknown_fields=True):
    """What the doctests of one page did."""

    digest: str
    """The digest of the page's source."""
    passed: bool
    blocks: list[str] = field(default_factory=list)
    """The digest of each block that ran, without doctest flags, which pages do not show."""


class DoctestEvidence(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT
):
    """What the doctest builder found, by the path of the page."""

    environment: Environment
    pages: dict[str, PageRun]


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
            found = read_sealed(path, DoctestEvidence)
            if found.environment == expected_environment(settings.root / settings.lock):
                self.pages = found.pages
        except EvidenceError as error:
            place = Place(f"{settings.evidence}/{FILE}")
            self.findings.append(Finding(place, Kind.EVIDENCE, error.message, CURE))

    def problem(self, page: str, text: str) -> tuple[str, str] | None:
        """Return why the block with this text is not proven, and the cure; None if it is."""
        run = self.pages.get(page)
        if run is None or run.digest != digest((self.root / page).read_bytes()):
            return "a doctest block that has not run on the page as it is", "run 'make doctest'"
        if text_digest(text) not in run.blocks:
            return "a doctest block that is skipped", "let it run, or remove it"
        if not run.passed:
            return "a page whose doctests fail", "mend them, run 'make doctest'"
        return None
