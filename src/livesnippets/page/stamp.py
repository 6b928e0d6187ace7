"""Put the evidence onto the pages: verdicts into the doctree, marks and proof into the HTML."""

from __future__ import annotations

import json
import os
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from selectolax.lexbor import LexborHTMLParser

from livesnippets.finding import Finding, Kind, Place
from livesnippets.page import claims
from livesnippets.page.displays import fingerprint
from livesnippets.page.doctests import is_doctest
from livesnippets.page.languages import NOT_PYTHON, python_in
from livesnippets.page.marks import Mark, strays
from livesnippets.page.nodes import Origin, display, refused, snippet
from livesnippets.page.proof import proof
from livesnippets.source.module import Excerpt, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from livesnippets.evidence.verdict import Verdict
    from livesnippets.page.judge import Judge
    from livesnippets.source.module import Source

INLINE = {"measured", "claim"}
"""The kinds of display that stand in a sentence."""
LINE = re.compile(r'<span id="line-(\d+)">')


def wrap_strays(doctree: nodes.document, root: Path) -> None:
    """Put every Python block that no directive of ours made into a `snippet` of its own."""
    for block in list(_blocks(doctree)):
        # Some builders put all pages into one tree; each block still knows its own.
        page = Path(os.path.relpath((block.document or doctree)["source"], root)).as_posix()
        place = Place(page, block.line or 1)
        if is_doctest(block):
            text = block.astext()
            numbers = tuple(range(place.line, place.line + text.count("\n") + 1))
            wrapper = snippet("", place=place, origin=Origin.DOCTEST, path=page)
            wrapper["excerpt"] = Excerpt(numbers, text)
        elif isinstance(block, nodes.raw):
            for found in _in_raw_html(block):
                where = block.parent.index(block)
                block.parent.insert(where, refused(place, Finding(place, *found)))
            continue
        elif problem := python_in(_names(block), block.astext()):
            wrapper = refused(place, Finding(place, *problem))
        else:
            continue
        block.replace_self(wrapper)
        wrapper += block


def clear_titles(_app: Sphinx, doctree: nodes.document) -> None:
    """Refuse displays in headings, before Sphinx copies these to where nobody can stamp them."""
    for title in list(doctree.findall(nodes.title)):
        for shown in list(title.findall(display)):
            text = f"a heading that asks for {json.loads(shown['request'])!r}"
            finding = Finding(shown["place"], Kind.NUMBER, text, "let the text below it do that")
            shown.replace_self(nodes.Text("…"))
            title.parent.insert(title.parent.index(title) + 1, refused(shown["place"], finding))


def _blocks(node: nodes.Node) -> Iterator[nodes.Element]:
    """Yield the blocks of code below a node that are in no `snippet`."""
    for child in node.children:
        if isinstance(child, nodes.literal_block | nodes.doctest_block | nodes.raw):
            yield child
        elif not isinstance(child, snippet):
            yield from _blocks(child)


def _names(block: nodes.Element) -> Iterator[str]:
    """Yield the language of a block, its classes, and what an element around it says it is not."""
    yield block.get("language", "default")
    yield from block["classes"]
    around: nodes.Element | None = block.parent
    while around is not None:
        yield from {NOT_PYTHON}.intersection(around["classes"])
        around = around.parent


def _in_raw_html(block: nodes.raw) -> set[tuple[Kind, str, str]]:
    """Return what is wrong with the Python in raw HTML."""
    return set(
        strays(LexborHTMLParser(block.astext() if "html" in block["format"].split() else ""))
    )


def stamp(doctree: nodes.document, judge: Judge) -> None:
    """Give every block and display of a page what the evidence says of it."""
    for block in doctree.findall(snippet):
        block["environment"] = str(judge.ledger.expected)
        block["verdict"] = judge.verdict(block)
        if block["verdict"].lines:
            block["source"] = read_source(judge.root, block["path"])
    for shown in doctree.findall(display):
        judge.displays.stamp(shown)


def visit_snippet(translator: HTML5Translator, node: snippet) -> None:
    """Open the block's outermost element."""
    verdict: Verdict = node["verdict"]
    numbers = node["excerpt"].numbers if "excerpt" in node else (0,)
    mark = Mark(
        place=node["place"],
        origin=node["origin"],
        state=verdict.state,
        fingerprint=verdict.fingerprint,
        path=node.get("path", ""),
        first=numbers[0],
        last=numbers[-1],
        digest=node.get("digest", ""),
        finding=node.get("finding"),
    )
    translator.body.append(f'<div class="snippet" {_written(mark.attributes)}>\n')
    if node.get("fold"):
        summary = f"<summary>{escape(node['fold'])}</summary>"
        translator.body.append(f'<details class="snippet-fold">{summary}\n')
    node["start"] = len(translator.body)


def depart_snippet(translator: HTML5Translator, node: snippet) -> None:
    """Mark the lines, add the proof, and close the element."""
    verdict: Verdict = node["verdict"]
    numbers = node["excerpt"].numbers if "excerpt" in node else ()
    marked = "".join(translator.body[node["start"] :])
    if verdict.lines:
        tags = _tags(node["source"], numbers, verdict, node.get("changed", ()))
        marked = LINE.sub(lambda found: tags[int(found[1]) - 1], marked)
    end = "\n</details></div>\n" if node.get("fold") else "\n</div>\n"
    translator.body[node["start"] :] = [marked, proof(translator, node), end]


def _tags(
    source: Source, numbers: tuple[int, ...], verdict: Verdict, changed: tuple[int, ...]
) -> list[str]:
    """Return the opening tag of each shown line."""
    frames = [frame for failure in verdict.failures.values() for frame in failure.frames]
    failed = {line for path, line in frames if path == source.path}
    tags = []
    for number in numbers:
        state = verdict.lines.get(number)
        mark = f' data-ran="{state}"' if state else ""
        if number in failed:
            mark += ' data-failed=""'
        if number in changed:
            mark += ' data-changed=""'
        tags.append(f'<span class="line" data-n="{number}"{mark}>')
    return tags


def visit_display(translator: HTML5Translator, node: display) -> None:
    """Write a display: what it shows, or why it does not."""
    tag = "span" if node["kind"] in INLINE else "figure"
    finding: Finding | None = node["finding"]
    attributes = {
        "class": f"display display-{node['kind']}",
        "data-display": node["kind"],
        "data-request": node["request"],
        "data-page": str(node["place"]),
        "data-state": "unproven" if finding else "proven",
        "data-proof": fingerprint(node["html"]),
    }
    problem = f'<span class="snippet-problem">{escape(finding.told if finding else "")}</span>'
    if finding and node["kind"] == "claim":
        claim = claims.refused(node["request"], finding)
        problem = f'<span class="claim" {_written(claim)}>{problem}</span>'
    shown = problem if finding else node["html"]
    translator.body.append(f"<{tag} {_written(attributes)}>{shown}</{tag}>")
    raise nodes.SkipNode


def _written(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
