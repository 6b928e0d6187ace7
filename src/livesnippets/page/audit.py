"""Judge the finished pages: parse the HTML that a reader will get, and believe nothing else."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.verdict import PROVEN, UNREACHED
from livesnippets.finding import Finding, SourceError
from livesnippets.page.displays import judge_displays, recordings
from livesnippets.page.languages import is_python
from livesnippets.page.prose import typed_numbers
from livesnippets.page.stamp import TYPED
from livesnippets.source.module import Excerpt, Source, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selectolax.lexbor import LexborNode

    from livesnippets.page.judge import Judge
    from livesnippets.settings import Settings

PREFIX = re.compile(r"^(highlight|lang|language)-")
REBUILD = "run 'make clean html'"


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

    def add(self, other: Audit) -> None:
        """Count what another audit has seen, of other pages, as seen here."""
        self.findings += other.findings
        self.blocks += other.blocks
        self.lines |= other.lines
        self.recordings |= other.recordings
        for path, numbers in other.shown.items():
            self.shown.setdefault(path, set()).update(numbers)

    def page(self, html: Path, source: str) -> list[Finding]:
        """Judge the finished page `html`, made from `source`; return and keep its findings."""
        findings = list(self._page(LexborHTMLParser(html.read_bytes()), source))
        self.findings += findings
        return findings

    def _page(self, tree: LexborHTMLParser, source: str) -> Iterator[Finding]:
        for block in tree.css("pre"):
            origin = _origin(block)
            if origin is not None:
                yield from self._snippet(block, origin)
            elif any(map(is_python, _languages(block))):
                yield Finding(source, self._line_of(source, block.text()), TYPED)
        self.recordings.update(recordings(tree))
        yield from judge_displays(tree, self.judge.displays)
        for block in tree.css("[data-evidence]"):  # such as an include without any text
            if block.css_first("pre") is None:
                yield from _problems(block, source)
        yield from typed_numbers(tree, source, self.settings.root / source)  # takes it apart

    def _snippet(self, block: LexborNode, origin: LexborNode) -> Iterator[Finding]:
        attributes = {name: value or "" for name, value in origin.attributes.items()}
        page, _, line = attributes.get("data-page", "").rpartition(":")
        here = page, int(line) if line.isdigit() else 1
        path = attributes.get("data-snippet", "")
        if not path:
            yield from _problems(origin, page)
            return
        self.blocks += 1
        text = block.text()
        try:
            if path == page:
                first, _, _ = attributes["data-lines"].partition("-")
                verdict = self.judge.judge_doctest(path, int(first), text)
                digest = ""
            else:
                if not self.settings.is_snippet(path):
                    folder = self.settings.snippets
                    yield Finding(*here, f"shows {path}; code on pages lives in {folder}/")
                    return
                source = read_source(self.settings.root, path)
                excerpt = _excerpt(source, attributes["data-lines"])
                if not _same(text, excerpt.text):
                    yield Finding(*here, f"shows text that is not in {path}; {REBUILD}")
                    return
                verdict = self.judge.ledger.judge(source, excerpt)
                digest = source.digest
                self._note(path, excerpt, verdict.lines)
        except (SourceError, LookupError, ValueError) as error:
            where = (error.path, error.line) if isinstance(error, SourceError) else here
            message = error.message if isinstance(error, SourceError) else f"broken mark; {REBUILD}"
            yield Finding(*where, message)
            return
        yield from verdict.findings
        current = [verdict.state, verdict.fingerprint, digest]
        shown = [attributes.get(f"data-{name}", "") for name in ("evidence", "proof", "digest")]
        if not verdict.findings and shown != current:
            yield Finding(*here, f"shows yesterday's verdict on {path}; {REBUILD}")

    def _note(self, path: str, excerpt: Excerpt, lines: dict[int, str]) -> None:
        self.shown.setdefault(path, set()).update(excerpt.numbers)
        for line, state in lines.items():
            self.lines[path, line] = state

    def modules(self) -> None:
        """Find the snippet modules and regions that no page has shown."""
        root = self.settings.root
        for file in sorted((root / self.settings.snippets).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            try:
                source = read_source(root, path)
            except SourceError as error:
                self.findings.append(Finding(error.path, error.line, error.message))
                continue
            shown = self.shown.get(path, set())
            if not shown and source.executable:
                message = "is shown on no page; literalinclude it, or remove it"
                self.findings.append(Finding(path, 1, message))
                continue
            for name, region in source.regions.items():
                if not shown.issuperset(region.numbers):
                    message = f"region {name!r} is shown on no page; show it, or remove its markers"
                    self.findings.append(Finding(path, region.numbers[0] - 1, message))

    def kept_recordings(self) -> None:
        """Find the recordings that tests keep for a page, and no page has shown."""
        for test, result in self.judge.ledger.current.items():
            path, _, _ = test.partition("::")
            for name in sorted(result.recordings.keys() - self.recordings):
                message = f"recording {name!r} is shown on no page; show it, or leave its name out"
                self.findings.append(Finding(path, self._line_of(path, f'"{name}"'), message))

    def count(self, state: str) -> int:
        """Return how many lines are in a state."""
        return list(self.lines.values()).count(state)

    @property
    def summary(self) -> str:
        """One line: what the pages show, and where it ran."""
        environment = self.judge.ledger.expected
        blocks = "block" if self.blocks == 1 else "blocks"
        return (
            f"{self.blocks} {blocks}: {self.count(PROVEN)} lines proven, "
            f"{self.count(UNREACHED)} never reached, on Ray {environment.ray}, "
            f"Python {environment.python}"
        )

    def _line_of(self, source: str, text: str) -> int:
        """Return the line of the page's source where a block begins, as well as can be told."""
        wanted = next((line.strip() for line in text.splitlines() if line.strip()), "")
        lines = (self.settings.root / source).read_text(encoding="utf-8").splitlines()
        return next((n for n, line in enumerate(lines, 1) if wanted and wanted in line), 1)


def _origin(block: LexborNode) -> LexborNode | None:
    """Return the element around a block that names its origin, if there is one."""
    node: LexborNode | None = block.parent
    while node is not None and "data-evidence" not in node.attributes:
        node = node.parent
    return node


def _languages(block: LexborNode) -> Iterator[str]:
    """Yield what may be the name of a block's language: Sphinx's class, or that of raw HTML."""
    for inner in (block, *block.css("code")):
        for name in _classes(inner):
            yield PREFIX.sub("", name)
    node: LexborNode | None = block.parent
    while node is not None:
        yield from (PREFIX.sub("", name) for name in _classes(node) if PREFIX.match(name))
        node = node.parent


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _problems(origin: LexborNode, page: str) -> Iterator[Finding]:
    """Read back the problem that a block without an origin carries."""
    for problem in origin.css(".snippet-problem"):
        path, line, message = problem.text().split(":", 2)
        yield Finding(path, int(line), message.strip())
    if not origin.css(".snippet-problem"):
        yield Finding(page, 1, f"has a block without an origin; {REBUILD}")


def _excerpt(source: Source, span: str) -> Excerpt:
    first, _, last = span.partition("-")
    numbers = tuple(n for n in range(int(first), int(last) + 1) if n not in source.markers)
    text = "".join(source.lines[n - 1] for n in numbers)
    return Excerpt(numbers, text)


def _same(shown: str, text: str) -> bool:
    """Whether a block shows the text, or the text moved to the left as a whole."""
    shown = shown.rstrip("\n")
    return shown == text.rstrip("\n") or shown == textwrap.dedent(text).rstrip("\n")
