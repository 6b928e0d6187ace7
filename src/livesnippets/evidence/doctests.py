"""What Sphinx's doctest builder found, as evidence for the ``>>>`` blocks of the pages."""

from __future__ import annotations

import os
import re
from doctest import DocTestParser
from typing import TYPE_CHECKING

from msgspec import Struct

from livesnippets.evidence.environment import Environment
from livesnippets.evidence.files import CURE, EvidenceError, read_sealed
from livesnippets.evidence.results import FORMAT
from livesnippets.finding import Finding, Kind, Place
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from livesnippets.settings import Settings

FILE = "doctest.json"
RUN = "run 'make doctest'"
FLAG = re.compile(r"[ \t]*#[ \t]*doctest:.*$", re.MULTILINE)


COMMENT = re.compile(r"\s*>>>\s*(#|$)")


class Block(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one block."""

    ran: bool
    """Whether each of its examples was attempted."""
    unchecked: str = ""
    """A line of it that doctest compares with nothing."""


class PageRun(Struct, frozen=True, forbid_unknown_fields=True):
    """What the doctests of one page did."""

    files: dict[str, str]
    """The digests of the page's source and of the repository's modules that it imported."""
    passed: bool
    blocks: dict[str, Block]
    """The blocks by the digests of their texts, without doctest flags, which pages do not show."""


class DoctestEvidence(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT
):
    """What the doctest builder found, by the path of the page."""

    environment: Environment
    pages: dict[str, PageRun]


def text_digest(text: str) -> str:
    """Return the digest of a block's text without its doctest flags."""
    return digest(FLAG.sub("", text).strip().encode())


def unchecked(text: str) -> str:
    """Return the first line of a block that doctest compares with nothing, or an empty text.

    Such are text after a blank line, what stands below a comment, and a traceback's stack, save the
    dots that stand for it. Raises `ValueError` if the block is no doctest.
    """
    lines = dict(enumerate(text.split("\n")))
    for example in DocTestParser().get_examples(text):
        stack = ""
        if example.exc_msg is not None:
            stack = example.want.removesuffix(example.exc_msg).partition("\n")[2]
        if told := stack.replace("...", "").strip():
            return told.partition("\n")[0]
        for number in range(example.source.count("\n") + example.want.count("\n")):
            lines.pop(example.lineno + number, None)
    left = (line.strip() for line in lines.values())
    return next((line for line in left if line and not COMMENT.match(line)), "")


class DoctestLedger:
    """The doctest evidence, checked against the pages as they are now."""

    def __init__(self, settings: Settings, expected: Environment) -> None:
        self.root = settings.root
        self.findings: list[Finding] = []
        self.pages: dict[str, PageRun] = {}
        path = settings.evidence_directory / FILE
        if not path.exists():
            return
        try:
            found = read_sealed(path, DoctestEvidence)
            if found.environment == expected:
                self.pages = found.pages
        except EvidenceError as error:
            place = Place(os.path.relpath(path, settings.root))
            self.findings.append(Finding(place, Kind.EVIDENCE, error.message, CURE))

    def problem(self, page: str, text: str) -> tuple[str, str] | None:
        """Return why the block with this text is not proven, and the cure; None if it is."""
        run = self.pages.get(page)
        files = run.files if run else {page: ""}
        changed = [path for path, seen in files.items() if self._digest(path) != seen]
        if run is None or page in changed:
            return "a doctest block that has not run on the page as it is", RUN
        if changed:
            return f"a doctest block that has not run since {', '.join(changed)} changed", RUN
        if not run.passed:
            return "a page whose doctests fail", "mend them, run 'make doctest'"
        block = run.blocks.get(text_digest(text))
        if block is None or not block.ran:
            return "a doctest block that is skipped", "let it run, or remove it"
        if block.unchecked:
            message = f"a doctest block with {block.unchecked!r}, which nothing checks"
            return message, "show it outside of the block"
        return None

    def _digest(self, path: str) -> str:
        try:
            return digest((self.root / path).read_bytes())
        except OSError:
            return ""
