"""Find measured numbers that somebody typed into the prose of a page."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docutils import nodes

from livesnippets.finding import Finding, Kind, Place
from livesnippets.page.markup import article_of
from livesnippets.page.nodes import display, snippet
from livesnippets.page.quantities import quantities

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selectolax.lexbor import LexborHTMLParser, LexborNode

CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1|`[^`]*`", re.MULTILINE | re.DOTALL)
MARKED = ".constant, .display"
EXEMPT = f"{MARKED}, .snippet, pre, code, script, style, nav, .headerlink"
SAID = ("alt", "title", "aria-label", "aria-description", "placeholder")
"""The attributes of an element that a reader gets to see or hear."""
EXEMPT_NODES = (
    *(nodes.literal, nodes.literal_block, nodes.doctest_block, nodes.comment, nodes.raw),
    *(nodes.math, nodes.math_block, display, snippet),
)


def typed_numbers(tree: LexborHTMLParser, source: str, path: Path) -> Iterator[Finding]:
    """Yield a finding for each time, share, factor, size or rate that no role made.

    ``{constant}`` marks one that is a choice, such as a timeout that the code shows. What has no
    room for a role, such as an image's text or the page's description, may repeat a marked one.
    """
    article = article_of(tree)
    if article is None:
        return
    seen = list(_nodes(article, {node.mem_id for node in article.css(EXEMPT)}))
    drawn = {node.mem_id for node in article.css("svg, svg *")}
    prose: list[str] = []
    around = [node.text() for node in tree.css("head title")]
    for node in seen:
        if node.is_text_node:
            (around if node.parent and node.parent.mem_id in drawn else prose).append(node.text())
        else:
            around += _attributes(node)
    told = tree.css("meta:not([http-equiv])")  # the others are for the browser, such as hashes
    around += [node.attributes.get("content") or "" for node in told]
    marked = numbers(" ".join(node.text() for node in article.css(MARKED)))
    said = [number for text in around for number in numbers(text) if number not in marked]
    yield from _found([*numbers("".join(prose)), *said], source, path)


def typed_into(doctree: nodes.document, source: str, path: Path) -> Iterator[Finding]:
    """Yield the same for a page that is written in another format than HTML."""
    yield from _found(numbers("".join(_said_by(doctree))), source, path)


def numbers(text: str) -> list[str]:
    """Return the numbers in a text that may have been measured, each on one line."""
    return [number for _, number in quantities(text)]


def _found(typed: list[str], source: str, path: Path) -> Iterator[Finding]:
    lines = _typed_lines(path) if typed else {}
    for number in typed:
        here = lines.get(number, [])
        place = Place(source, here.pop(0) if len(here) > 1 else here[0] if here else 1)
        yield Finding(
            place if here else _elsewhere(number, source, path) or place,
            Kind.NUMBER,
            f"has {number!r} typed into it",
            "show a measurement with {measured}`name`, or say that it is a choice with "
            f"{{constant}}`{number}`",
        )


def _elsewhere(number: str, source: str, path: Path) -> Place | None:
    """Return where a number stands that a page has from another: it includes or lists that one."""
    root = path.parents[len(PurePosixPath(source).parts) - 1]
    for file in sorted(path.parent.rglob(f"*{path.suffix}")):
        if lines := _typed_lines(file).get(number):
            return Place(file.relative_to(root).as_posix(), lines[0])
    return None


def _nodes(node: LexborNode, exempt: set[int]) -> Iterator[LexborNode]:
    """Yield the elements and texts below a node, without what is in exempt ones."""
    for child in node.iter(include_text=True):
        if child.mem_id not in exempt:
            yield child
            yield from _nodes(child, exempt)


def _attributes(node: LexborNode) -> Iterator[str]:
    """Yield what an element's attributes say; an image without a text is called as its file."""
    file = node.attributes.get("src") or ""
    for name in SAID:
        text = node.attributes.get(name)
        if text and not file.endswith(text):
            yield text


def _said_by(node: nodes.Node) -> Iterator[str]:
    """Yield the texts below a node of a page that is not finished, without those of exempt ones."""
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.image):
        yield f"\n{node.get('alt', '')}\n"
    elif isinstance(node, nodes.Element) and not _is_exempt(node):
        for child in node.children:
            yield from _said_by(child)
        if isinstance(node, nodes.TextElement) and not isinstance(node, nodes.Inline):
            yield "\n"


def _is_exempt(node: nodes.Element) -> bool:
    return isinstance(node, EXEMPT_NODES) or "constant" in node["classes"]


def _typed_lines(path: Path) -> dict[str, list[int]]:
    """Return the lines of a page's source on which its numbers stand, code left out."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    prose = CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
    lines: dict[str, list[int]] = {}
    for start, number in quantities(prose):
        lines.setdefault(number, []).append(prose.count("\n", 0, start) + 1)
    return lines
