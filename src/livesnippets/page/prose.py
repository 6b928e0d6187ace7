"""Find measured numbers that somebody typed into the prose of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from livesnippets.finding import Finding, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selectolax.lexbor import LexborHTMLParser, LexborNode

UNITS = "ns|[uµμ]s|ms|milliseconds?|microseconds?|s|sec|seconds?|minutes?|min|hours?|days?"
TIMED = re.compile(rf"(?<![\w.-])\d[\d.,]*[\s-]?(?:{UNITS})\b")
CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1|`[^`]*`", re.MULTILINE | re.DOTALL)
EXEMPT = ".constant, .display, .snippet, pre, code, script, style, svg, .headerlink"


def typed_numbers(tree: LexborHTMLParser, source: str, path: Path) -> Iterator[Finding]:
    """Yield a finding for each number with a unit of time that no role made.

    ``{constant}`` marks one that is a choice, such as a timeout that the code shows.
    """
    article = tree.css_first("article") or tree.css_first("[role=main]") or tree.body
    if article is None:
        return
    lines = _typed_lines(path)
    exempt = {node.mem_id for node in article.css(EXEMPT)}
    for match in TIMED.finditer("".join(_texts(article, exempt))):
        number = " ".join(match[0].split())
        here = lines.get(number, [1])
        yield Finding(
            Place(source, here.pop(0) if len(here) > 1 else here[0]),
            Kind.NUMBER,
            f"has {number!r} typed into it",
            "show a measurement with {measured}`name`, or say that it is a choice with "
            f"{{constant}}`{number}`",
        )


def _texts(node: LexborNode, exempt: set[int]) -> Iterator[str]:
    """Yield the texts below a node, without those of exempt ones."""
    for child in node.iter(include_text=True):
        if child.is_text_node:
            yield child.text()
        elif child.mem_id not in exempt:
            yield from _texts(child, exempt)


def _typed_lines(path: Path) -> dict[str, list[int]]:
    """Return the lines of a page's source on which its numbers stand, code left out."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    prose = CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
    lines: dict[str, list[int]] = {}
    for match in TIMED.finditer(prose):
        number = " ".join(match[0].split())
        lines.setdefault(number, []).append(prose.count("\n", 0, match.start()) + 1)
    return lines
