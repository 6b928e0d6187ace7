"""Find measured numbers that somebody typed into the prose of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from livesnippets.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selectolax.lexbor import LexborHTMLParser

UNITS = "ns|µs|us|ms|milliseconds?|microseconds?|s|sec|seconds?|minutes?|min|hours?"
TIMED = re.compile(rf"(?<![\w.-])\d[\d.,]*\s?(?:{UNITS})\b")
EXEMPT = ".constant, .display, .snippet, pre, code, script, style, svg, .headerlink"


def typed_numbers(tree: LexborHTMLParser, source: str, path: Path) -> Iterator[Finding]:
    """Yield a finding for each number with a unit of time that no role made.

    ``{constant}`` marks one that is a choice, such as a timeout that the code shows.
    """
    article = tree.css_first("article")
    if article is None:
        return
    for exempt in article.css(EXEMPT):
        exempt.decompose()
    for match in TIMED.finditer(article.text()):
        number = match[0]
        message = (
            f"has {number!r} typed into it; show a measurement with {{measured}}`name`, or say "
            f"that it is a choice with {{constant}}`{number}`"
        )
        yield Finding(source, _line(path, number), message)


def _line(path: Path, number: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next((n for n, line in enumerate(lines, 1) if number in line), 1)
