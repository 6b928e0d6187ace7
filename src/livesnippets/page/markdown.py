"""Write plain HTML as Markdown: blocks of code to the byte, what nobody here knows as its text."""

from __future__ import annotations

import re
from typing import Any

from markdownify import ATX, MarkdownConverter

SPECIAL = re.compile(r"([\\`*<[\]|]|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_]))")
"""What Markdown would take for its own in a sentence."""
AT_START = re.compile(r"^(\s*(?:\d+(?=[.)](?:\s|$))|(?=[#>+=~-])))", re.MULTILINE)
"""The same where a line may begin: a list, a heading, a quotation."""
DIVIDER = "\ufdd0"
"""What stands between parts of a page. It is no character, so no page has it."""


def markdown(html: str) -> str:
    """Return HTML as Markdown. A ``<footnote>`` refers to the ``<note>`` whose id it holds."""
    return Converter(heading_style=ATX, bullets="-").convert(html).strip()


class Converter(MarkdownConverter):
    """The library's, which knows most elements."""

    def escape(self, text: str, *_: object) -> str:
        """Return a piece of a sentence, so that nothing in it means anything to Markdown."""
        return AT_START.sub(r"\1\\", SPECIAL.sub(r"\\\1", text))

    def convert_pre(self, element: Any, text: str, **_: object) -> str:  # noqa: ANN401 - of BeautifulSoup
        """Return a block between fences that are longer than any in it."""
        longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{element.get('data-language', '')}\n{text.rstrip('\n')}\n{fence}\n\n"

    def convert_details(self, _: object, text: str, **__: object) -> str:
        """Return what stands for itself."""
        return f"\n\n{text.strip()}\n\n"

    convert_figure = convert_svg = convert_details

    def convert_summary(self, _: object, text: str, **__: object) -> str:
        """Return the title of what is folded away."""
        return f"\n\n**{text.strip()}**\n\n"

    convert_caption = convert_summary

    def convert_footnote(self, _: object, text: str, **__: object) -> str:
        """Return the reference to a note."""
        return f"[^{text}]"

    def convert_note(self, element: Any, text: str, **_: object) -> str:  # noqa: ANN401 - as above
        """Return the note."""
        return f"\n\n[^{element['id']}]: {text.strip()}\n\n"

    def convert_program(self, element: Any, _: str, **__: object) -> str:  # noqa: ANN401 - as above
        """Return the name of a program between the two parts of a page that it divides."""
        return f"\n\n{DIVIDER}{element['id']}{DIVIDER}\n\n"

    def convert_iframe(self, element: Any, text: str, **_: object) -> str:  # noqa: ANN401 - as above
        """Return where to find what Markdown cannot hold."""
        address = element.get("src") or element.get("data") or ""
        return f"{text}[{element.get('title') or address}]({address})"

    convert_audio = convert_embed = convert_object = convert_iframe
