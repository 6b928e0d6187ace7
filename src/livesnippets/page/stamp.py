"""Put the evidence onto the pages: verdicts into the doctree, marks and proof into the HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from livesnippets.evidence.verdict import PROVEN, UNREACHED, Verdict, spans
from livesnippets.page.doctests import is_doctest
from livesnippets.page.languages import is_python
from livesnippets.page.nodes import code_blocks, snippet
from livesnippets.page.templates import render

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.writers.html5 import HTML5Translator

    from livesnippets.source.module import Source

TYPED = "Python typed into the page; put it into a module that a test runs, and literalinclude it"
LINE = re.compile(r'<span id="line-(\d+)">')


def wrap_strays(doctree: nodes.document, page: str) -> None:
    """Put every Python block that no directive of ours made into a `snippet` of its own."""
    for block in code_blocks(doctree):
        ancestor: nodes.Element | None = block.parent
        while ancestor is not None and not isinstance(ancestor, snippet):
            ancestor = ancestor.parent
        if ancestor is not None:
            continue
        line = block.line or 1
        numbers = tuple(range(line, line + block.astext().count("\n") + 1))
        wrapper = snippet("", page=f"{page}:{line}", path="", numbers=(), problem=TYPED, digest="")
        if is_doctest(block):
            wrapper.attributes.update(path=page, numbers=numbers, problem="")
        elif not is_python(block.attributes.get("language", "default")):
            continue
        block.replace_self(wrapper)
        wrapper += block


def visit_snippet(translator: HTML5Translator, node: snippet) -> None:
    """Open the block's outermost element."""
    verdict: Verdict = node["verdict"]
    numbers = node["numbers"]
    attributes = {
        "data-snippet": node["path"],
        "data-lines": f"{numbers[0]}-{numbers[-1]}" if numbers else "",
        "data-digest": node["digest"],
        "data-evidence": verdict.state,
        "data-proof": verdict.fingerprint,
        "data-page": node["page"],
    }
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items() if value)
    translator.body.append(f'<div class="snippet" {written}>\n')
    node["start"] = len(translator.body)


def depart_snippet(translator: HTML5Translator, node: snippet) -> None:
    """Mark the lines, add the proof, and close the element."""
    verdict: Verdict = node["verdict"]
    marked = "".join(translator.body[node["start"] :])
    if verdict.lines:
        marks = _marks(node["source"], node["numbers"], verdict)
        marked = LINE.sub(lambda found: marks[int(found[1]) - 1], marked)
    lines = verdict.lines.items()
    proof = render(
        "proof.html",
        verdict=verdict,
        environment=node["environment"],
        path=node["path"],
        span=spans(node["numbers"]),
        source_link=source_link(translator, node["path"]),
        ran=[line for line, state in lines if state == PROVEN],
        unreached=[line for line, state in lines if state == UNREACHED],
    )
    translator.body[node["start"] :] = [marked, proof, "\n</div>\n"]


def _marks(source: Source, numbers: tuple[int, ...], verdict: Verdict) -> list[str]:
    """Return the opening tag of each shown line."""
    frames = [frame for failure in verdict.failures.values() for frame in failure.frames]
    failed = {line for path, line in frames if path == source.path}
    tags = []
    for number in numbers:
        state = verdict.lines.get(source.statement(number))
        mark = f' data-ran="{state}"' if state and source.lines[number - 1].strip() else ""
        if number in failed:
            mark += " data-failed"
        tags.append(f'<span class="line" data-n="{number}"{mark}>')
    return tags


def source_link(translator: HTML5Translator, path: str) -> str:
    """Return the address, relative to the page, of the copy of a module beside the pages."""
    builder = translator.builder
    page = builder.get_target_uri(builder.current_docname)
    return f"{'../' * page.count('/')}_sources/{path}.txt"


def visit_elsewhere(_translator: nodes.NodeVisitor, _node: snippet) -> None:
    """Other builders show the code alone."""
