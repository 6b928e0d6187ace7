"""Put the evidence onto the pages: verdicts into the doctree, marks and proof into the HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.verdict import PARTLY, PROVEN, UNREACHED, Verdict, spans
from livesnippets.finding import Finding, Place
from livesnippets.page.displays import fingerprint
from livesnippets.page.doctests import is_doctest
from livesnippets.page.judge import TYPED
from livesnippets.page.languages import is_python
from livesnippets.page.marks import Mark, is_stray
from livesnippets.page.nodes import Origin, display, refused, snippet
from livesnippets.page.templates import render
from livesnippets.source.module import Excerpt, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.writers.html5 import HTML5Translator

    from livesnippets.page.judge import Judge
    from livesnippets.source.module import Source

LINE = re.compile(r'<span id="line-(\d+)">')


def wrap_strays(doctree: nodes.document, page: str) -> None:
    """Put every Python block that no directive of ours made into a `snippet` of its own."""
    for block in list(_blocks(doctree)):
        place = Place(page, block.line or 1)
        finding = Finding(place, *TYPED)
        if is_doctest(block):
            text = block.astext()
            numbers = tuple(range(place.line, place.line + text.count("\n") + 1))
            wrapper = snippet("", place=place, origin=Origin.DOCTEST, path=page)
            wrapper["excerpt"] = Excerpt(numbers, text)
        elif isinstance(block, nodes.raw):
            if _holds_python(block):
                block.parent.insert(block.parent.index(block), refused(place, finding))
            continue
        elif is_python(block.attributes.get("language", "default")):
            wrapper = refused(place, finding)
        else:
            continue
        block.replace_self(wrapper)
        wrapper += block


def _blocks(node: nodes.Node) -> Iterator[nodes.Element]:
    """Yield the blocks of code below a node that are in no `snippet`."""
    for child in node.children:
        if isinstance(child, nodes.literal_block | nodes.doctest_block | nodes.raw):
            yield child
        elif not isinstance(child, snippet):
            yield from _blocks(child)


def _holds_python(block: nodes.raw) -> bool:
    """Whether raw HTML shows Python."""
    tree = LexborHTMLParser(block.astext() if "html" in block["format"].split() else "")
    return any(map(is_stray, tree.css("pre")))


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
    node["start"] = len(translator.body)


def depart_snippet(translator: HTML5Translator, node: snippet) -> None:
    """Mark the lines, add the proof, and close the element."""
    verdict: Verdict = node["verdict"]
    numbers = node["excerpt"].numbers if "excerpt" in node else ()
    path = node.get("path", "")
    marked = "".join(translator.body[node["start"] :])
    if verdict.lines:
        tags = _tags(node["source"], numbers, verdict)
        marked = LINE.sub(lambda found: tags[int(found[1]) - 1], marked)
    lines = verdict.lines.items()
    proof = render(
        "proof.html",
        verdict=verdict,
        environment=node["environment"],
        path=path,
        span=spans(numbers),
        source_link=source_link(translator, path),
        ran=[line for line, state in lines if state == PROVEN],
        partly=[line for line, state in lines if state == PARTLY],
        unreached=[line for line, state in lines if state == UNREACHED],
    )
    translator.body[node["start"] :] = [marked, proof, "\n</div>\n"]


def _tags(source: Source, numbers: tuple[int, ...], verdict: Verdict) -> list[str]:
    """Return the opening tag of each shown line."""
    frames = [frame for failure in verdict.failures.values() for frame in failure.frames]
    failed = {line for path, line in frames if path == source.path}
    tags = []
    for number in numbers:
        state = verdict.lines.get(number)
        mark = f' data-ran="{state}"' if state else ""
        if number in failed:
            mark += " data-failed"
        tags.append(f'<span class="line" data-n="{number}"{mark}>')
    return tags


def source_link(translator: HTML5Translator, path: str) -> str:
    """Return the address, relative to the page, of the copy of a module beside the pages."""
    builder = translator.builder
    page = builder.get_target_uri(builder.current_docname)
    return f"{'../' * page.count('/')}_sources/{path}.txt"


def visit_display(translator: HTML5Translator, node: display) -> None:
    """Write a display: what it shows, or why it does not."""
    tag = "span" if node["kind"] == "measured" else "figure"
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
    shown = problem if finding else node["html"]
    translator.body.append(f"<{tag} {_written(attributes)}>{shown}</{tag}>")
    raise nodes.SkipNode


def _written(attributes: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


def visit_elsewhere(_translator: nodes.NodeVisitor, _node: nodes.Element) -> None:
    """Other builders show the code alone."""
