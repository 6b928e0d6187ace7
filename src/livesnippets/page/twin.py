"""The Markdown twin of a finished page: what a reader sees there, as text that machines read well.

It is made of the very HTML that was judged, so it cannot say anything else.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.languages import languages_of
from livesnippets.page.markdown import DIVIDER, markdown
from livesnippets.page.markup import article_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from selectolax.lexbor import LexborNode

DECORATION = "script, style, .take, .headerlink, .linenos, [aria-hidden=true]"
"""What says nothing, or says what stands beside it once more."""
UNNAMED = {"default", "none"}
"""What Sphinx calls the language of a block that has none."""


def parts(page: bytes | str, link: Callable[[str], str]) -> list[str]:
    """Return a finished page as Markdown: texts and, between them, names of programs.

    A program's output ends the text before it. `link` says where an address of the page leads.
    """
    article = article_of(LexborHTMLParser(page))
    if article is None:
        return [""]
    _draw(article)
    for decoration in article.css(DECORATION):
        decoration.decompose()
    _link_code(article)
    notes = _note(article)
    _simplify(article)
    for element in article.css("[href]"):
        element.attrs["href"] = link(element.attributes["href"] or "")
    written = (f'<note id="{number}">{note}</note>' for note, number in notes.items())
    return markdown(f"{article.html}{''.join(written)}").split(DIVIDER)


def text_of(divided: list[str]) -> str:
    """Return the text of a page without what divides it."""
    return "\n\n".join(text.strip() for text in divided[::2]).strip() + "\n"


def _draw(article: LexborNode) -> None:
    """Put words in place of drawings."""
    for figure in article.css("[data-display=timeline]"):
        for drawn in figure.css("svg, .display-table > summary"):  # the tables say all of it
            drawn.decompose()
        for legend in figure.css(".timeline-legend"):
            keys = (key.inner_html or "" for key in legend.css("span"))
            legend.inner_html = " · ".join(keys)
    told: set[str] = set()  # one may be there twice: upright for phones
    for drawing in article.css("svg[role=img]"):
        words = drawing.css("title, desc") or [drawing]
        said = ": ".join(" ".join(each.text().split()) for each in words)
        drawing.inner_html = "" if said in told else escape(said)
        told.add(said)


def _link_code(article: LexborNode) -> None:
    """Put code into links where links are in code, for Markdown knows none there."""
    for link in article.css("code > a[href]"):
        if (code := link.parent) and (around := code.parent):
            linked = f'<a href="{link.attributes["href"]}"><code>{link.inner_html}</code></a>'
            around.inner_html = (around.inner_html or "").replace(code.html or "", linked)


def _note(article: LexborNode) -> dict[str, int]:
    """Make notes of what opens at claims, measured numbers and proofs; return their numbers."""
    notes: dict[str, int] = {}

    def reference(note: str) -> str:
        return f"<footnote>{notes.setdefault(note, len(notes) + 1)}</footnote>"

    for claim in article.css(".claim"):
        if claim.css_first(".claim-note"):  # else it is refused, and says why
            says = (part.inner_html or "" for part in claim.css(".claim-note > span"))
            claim.inner_html = reference(" · ".join(says))
    for measured in article.css("[data-display=measured]"):
        if number := measured.css_first("abbr"):
            name = json.loads(measured.attributes["data-request"] or "")
            note = escape(f"{name}: {number.attributes['title']}", quote=False)
            measured.inner_html = f"{number.inner_html}{reference(note)}"
    for proof in article.css(".snippet details.snippet-proof"):
        said = [part.inner_html or "" for part in proof.css("summary, .snippet-evidence > p")]
        tests = (test.inner_html or "" for test in proof.css(".snippet-evidence > ul > li"))
        passed = reference(f"{' '.join(said[2:])} {'; '.join(tests)}.")
        proof.inner_html = f"<p>Proof: {'. '.join(said[:2])}{passed}</p>"
    return notes


def _simplify(article: LexborNode) -> None:
    """Put standard HTML, and little of it, in place of the rest."""
    for output in article.css("[data-display=output]"):
        pieces = dict.fromkeys(piece.text() for piece in output.css("pre .varies"))
        for legend in output.css("figcaption .varies"):  # it says "underlined"
            legend.inner_html = ", ".join(f"<code>{escape(piece)}</code>" for piece in pieces)
        program = escape(json.loads(output.attributes["data-request"] or ""))
        output.inner_html = f'{output.inner_html}<program id="{program}"></program>'
    for block in article.css("pre"):
        block.attrs["data-language"] = _language(block)
        block.inner_html = escape(block.text(), quote=False)  # no colours: that is ten times faster
    for short in article.css("abbr[title]"):
        short.inner_html = f"{short.inner_html} ({escape(short.attributes['title'] or '')})"
    for code in article.css("td code, th code"):  # a bar would end the cell
        code.inner_html = escape(code.text().replace("|", r"\|"), quote=False)
    article.strip_tags(["wbr"])
    article.unwrap_tags(["span"])


def _language(block: LexborNode) -> str:
    around = block.parent
    while around is not None:
        if around.attributes.get("data-origin") == "doctest":
            return "pycon"
        around = around.parent
    name = next(languages_of(block), "")
    return "text" if name in UNNAMED else name
