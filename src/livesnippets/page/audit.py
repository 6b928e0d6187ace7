"""Judge the finished pages: parse the HTML that a reader will get, and believe nothing else."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.reasons import Missing
from livesnippets.evidence.verdict import PROVEN, UNREACHED
from livesnippets.finding import Finding, Kind, Place, SourceError
from livesnippets.page import claims
from livesnippets.page.displays import LIST, fingerprint, recordings
from livesnippets.page.judge import Block
from livesnippets.page.marks import REBUILD, Mark, broken, strays
from livesnippets.page.markup import markup
from livesnippets.page.nodes import Origin
from livesnippets.page.prose import typed_numbers
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selectolax.lexbor import LexborNode

    from livesnippets.page.judge import Judge
    from livesnippets.settings import Settings
    from livesnippets.source.module import Excerpt


@dataclass
class Audit:
    """The findings about the pages seen so far, and what those pages show."""

    settings: Settings
    judge: Judge
    findings: list[Finding] = field(default_factory=list)
    blocks: int = 0
    lines: dict[tuple[str, int], str] = field(default_factory=dict)
    """``proven`` or ``unreached`` for each line shown, by file and number."""
    shown: dict[str, set[int]] = field(default_factory=dict)
    recordings: set[str] = field(default_factory=set)
    """The names of the recordings shown."""
    replays: set[str] = field(default_factory=set)
    """The names of the scripts that replay them."""
    published: list[Block] = field(default_factory=list)
    """The blocks, in their order."""
    lists: bool = False
    """Whether a page is to list the evidence of the site."""
    claims: dict[str, list[str]] = field(default_factory=dict)
    """The tests that the sentences of each page name, each as often as they do."""

    def add(self, other: Audit) -> None:
        """Count what another audit has seen, of other pages, as seen here."""
        self.findings += other.findings
        self.blocks += other.blocks
        self.lines |= other.lines
        self.recordings |= other.recordings
        self.replays |= other.replays
        self.claims |= other.claims
        for path, numbers in other.shown.items():
            self.shown.setdefault(path, set()).update(numbers)

    def page(self, html: Path, source: str) -> list[Finding]:
        """Judge the finished page `html`, made from `source`; return and keep its findings."""
        return self.judge_html(markup(html), source)

    def judge_html(self, html: bytes | str, source: str) -> list[Finding]:
        """Judge the text of a page."""
        findings = list(self._page(LexborHTMLParser(html), source))
        self.findings += findings
        return findings

    def _page(self, tree: LexborHTMLParser, source: str) -> Iterator[Finding]:
        typed = False
        for element in tree.css("[data-evidence]:not([data-claim])"):
            try:
                mark = Mark.read(element.attributes)
            except (LookupError, ValueError, msgspec.MsgspecError):
                yield broken(element, source)
                continue
            typed |= mark.finding is not None and mark.finding.kind is Kind.TYPED
            yield from self._block(element, mark)
        if not typed:  # then it is of a template, or in a page that was not made from a source
            yield from {Finding(Place(source), *problem) for problem in strays(tree)}
        self.recordings.update(recordings(tree))
        pictures = tree.css("[data-replay]")
        self.replays.update(each.attributes["data-replay"] or "" for each in pictures)
        yield from self._displays(tree, source)
        yield from self._claims(tree, source)
        yield from typed_numbers(tree, source, self.settings.root / source)

    def _block(self, element: LexborNode, mark: Mark) -> Iterator[Finding]:
        code = element.css_first("pre")
        if mark.origin is Origin.NONE or code is None:
            yield mark.finding or broken(element, mark.place.path)
            return
        self.blocks += 1
        digest = ""
        if mark.origin is Origin.DOCTEST:
            verdict = self.judge.doctest(mark.place, code.text())
        elif not self.settings.is_snippet(mark.path):
            message = f"shows {mark.path}"
            cure = f"code on pages lives in {self.settings.snippets}/"
            yield Finding(mark.place, Kind.TYPED, message, cure)
            return
        else:
            try:
                source = read_source(self.settings.root, mark.path)
                excerpt = source.between(mark.first, mark.last)
            except SourceError as error:
                yield error.finding.seen_from(mark.place)
                return
            if (excerpt.numbers[0], excerpt.numbers[-1]) != (mark.first, mark.last):
                yield broken(element, mark.place.path)
                return
            if not _same(code.text(), excerpt.text):
                message = f"shows text that is not in {mark.path}"
                yield Finding(mark.place, Kind.DIFFERS, message, REBUILD)
                return
            verdict = self.judge.ledger.judge(source, excerpt)
            digest = source.digest
            self._note(mark.path, excerpt, verdict.lines)
        text = code.text().encode()
        self.published.append(Block(mark, sha256(text).hexdigest(), verdict.tests))
        yield from verdict.findings
        current = verdict.state, verdict.fingerprint, digest
        if not verdict.findings and (mark.state, mark.fingerprint, mark.digest) != current:
            message = f"shows yesterday's verdict on {mark.path}"
            yield Finding(mark.place, Kind.OUTDATED, message, REBUILD)

    def _note(self, path: str, excerpt: Excerpt, lines: dict[int, str]) -> None:
        self.shown.setdefault(path, set()).update(excerpt.numbers)
        for line, state in lines.items():
            self.lines[path, line] = state

    def _displays(self, tree: LexborHTMLParser, source: str) -> Iterator[Finding]:
        """Judge the displays of a finished page: each shows what the evidence holds now."""
        for shown in tree.css("[data-display]"):
            attributes = {name: value or "" for name, value in shown.attributes.items()}
            place = broken(shown, source).place
            if attributes["data-display"] == LIST:  # which is written when all pages are judged
                self.lists = True
                continue
            try:
                place = Place.parse(attributes["data-page"])
                html = self.judge.displays.show(
                    attributes["data-display"], attributes["data-request"]
                )
            except Missing as missing:
                yield missing.at(place)
                continue
            except (KeyError, TypeError, ValueError):
                yield Finding(place, Kind.OUTDATED, "has a broken display", REBUILD)
                continue
            text = LexborHTMLParser(html).text()
            if attributes.get("data-proof") != fingerprint(html) or shown.text() != text:
                yield Finding(place, Kind.OUTDATED, "shows yesterday's evidence", REBUILD)

    def _claims(self, tree: LexborHTMLParser, source: str) -> Iterator[Finding]:
        """Count the claims, and refuse what looks like one and is no display of ours."""
        for claim in tree.css("[data-claim]"):
            parent = claim.parent
            if parent is None or parent.attributes.get("data-display") != "claim":
                yield broken(claim, source)
            self.claims.setdefault(source, []).append(claim.attributes.get("data-claim") or "")

    @property
    def said(self) -> list[str]:
        """The tests that sentences name, of all pages."""
        return [test for tests in self.claims.values() for test in tests]

    def modules(self) -> None:
        """Find the snippet modules and regions that no page has shown."""
        for path in self.settings.modules:
            try:
                source = read_source(self.settings.root, path)
            except SourceError as error:
                self.findings.append(error.finding)
                continue
            shown = self.shown.get(path, set())
            if not shown and self.settings.is_helper(path):
                continue
            if not shown and source.executable:
                cure = "literalinclude it, or remove it; a helper's name begins with '_'"
                self._not_shown(Place(path), "is shown on no page", cure)
                continue
            for name, region in source.regions.items():
                if not shown.issuperset(region.numbers):
                    place = Place(path, region.numbers[0] - 1)
                    message = f"region {name!r} is shown on no page"
                    self._not_shown(place, message, "show it, or remove its markers")

    def _not_shown(self, place: Place, message: str, cure: str) -> None:
        self.findings.append(Finding(place, Kind.NOT_SHOWN, message, cure))

    def kept_recordings(self) -> None:
        """Find the recordings that tests keep for a page, and no page has shown."""
        for test, result in self.judge.ledger.current.items():
            for name in sorted(result.recordings.keys() - self.recordings):
                message = f"recording {name!r} is shown on no page"
                place = claims.told(self.settings.root, test)[0]
                self._not_shown(place, message, "show it, or leave its name out")

    def failures(self) -> None:
        """Find the tests that failed, whether they ran a block or ended before."""
        for each in self.judge.ledger.failing:
            place = claims.told(self.settings.root, each.test)[0]
            self.findings.append(replace(each, place=place))

    def count(self, state: str) -> int:
        """Return how many lines are in a state."""
        return list(self.lines.values()).count(state)

    @property
    def summary(self) -> str:
        """One line: what the pages show, and where it ran."""
        environment = self.judge.ledger.expected
        blocks = "block" if self.blocks == 1 else "blocks"
        count = len(self.said)
        shown = f"{count} {'claim' if count == 1 else 'claims'} shown, " if count else ""
        return (
            f"{self.blocks} {blocks}: {self.count(PROVEN)} lines proven, "
            f"{self.count(UNREACHED)} never reached, {shown}"
            f"on Ray {environment.ray}, Python {environment.python}"
        )


def _same(shown: str, text: str) -> bool:
    """Whether a block shows the text, or the text moved to the left as a whole."""
    shown = shown.rstrip("\n")
    return shown == text.rstrip("\n") or shown == textwrap.dedent(text).rstrip("\n")
