"""Pages in other formats than HTML: what every writer knows, in place of what only HTML can show.

Such a page cannot be judged when it is finished. So what is refused does not get into
it, and lest it vanish, the reason stands in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.verdict import PROVEN, UNREACHED, spans
from livesnippets.page.nodes import Origin, display, snippet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from livesnippets.finding import Finding


def plain(doctree: nodes.document) -> Iterator[Finding]:
    """Put standard nodes in place of blocks and displays; yield why any of them is refused."""
    for block in list(doctree.findall(snippet)):
        if findings := block["verdict"].findings:
            yield from findings
            block.replace_self([_reason(finding) for finding in findings])
        else:
            block.replace_self([*block.children, nodes.paragraph(text=_proof(block))])
    for shown in list(doctree.findall(display)):
        inline = shown["kind"] == "measured"
        if finding := shown["finding"]:
            yield finding
            shown.replace_self(nodes.Text(f"[{finding}]") if inline else _reason(finding))
        else:
            tree = LexborHTMLParser(shown["html"])
            shown.replace_self(nodes.Text(tree.text()) if inline else list(_written(tree)))


def _reason(finding: Finding) -> nodes.Node:
    return nodes.paragraph("", "", nodes.strong(text="Not shown"), nodes.Text(f": {finding}"))


def _proof(block: snippet) -> str:
    """Say where a block ran, and what of it did not."""
    verdict, environment = block["verdict"], block["environment"]
    if block["origin"] is Origin.DOCTEST:
        return f"Ran as a doctest on {environment}."
    ran = spans(line for line, state in verdict.lines.items() if state == PROVEN)
    never = spans(line for line, state in verdict.lines.items() if state == UNREACHED)
    said = [
        f"{block['path']}, lines {spans(block['excerpt'].numbers)}. Ran on {environment}: {ran}."
    ]
    if never:
        said.append(f"Never reached: {never}.")
    if changed := block.get("changed"):
        numbers = block["excerpt"].numbers
        lines = spans(numbers.index(line) + 1 for line in changed)
        said.append(f"Changed from {block['old']}: lines {lines} of this block.")
    return " ".join(said)


def _written(tree: LexborHTMLParser) -> Iterator[nodes.Node]:
    """Yield what a display says: of a timeline, the tables hold all that is drawn."""
    for element in tree.css("pre, figcaption, .timeline-callout, .figures, table"):
        parts = element.css("li") or [element]
        text = ", ".join(part.text().strip("\n") for part in parts)
        if element.tag == "pre":
            yield nodes.literal_block(text, text, language="none")
        elif element.tag == "table":
            yield _table(element)
        else:
            yield nodes.paragraph(text=" ".join(text.split()))


def _table(element: LexborNode) -> nodes.table:
    rows = [[len(cell.text()) for cell in row.css("th, td")] for row in element.css("tr")]
    columns = zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
    widths = [nodes.colspec(colwidth=max(column)) for column in columns]
    group = nodes.tgroup("", *widths, cols=len(widths))
    for part, tag in ((nodes.thead(), "thead"), (nodes.tbody(), "tbody")):
        part.extend(
            nodes.row("", *map(_entry, row.css("th, td"))) for row in element.css(f"{tag} tr")
        )
        group += part
    titles = [nodes.title(text=caption.text()) for caption in element.css("caption")]
    return nodes.table("", *titles, group)


def _entry(cell: LexborNode) -> nodes.entry:
    entry = nodes.entry("", nodes.paragraph(text=cell.text(strip=True)))
    if span := int(cell.attributes.get("colspan") or 1) - 1:
        entry["morecols"] = span
    return entry
