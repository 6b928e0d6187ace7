"""Which language names mean Python, and which language a block of a finished page names."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.lexers.python import (
    Python2Lexer,
    PythonConsoleLexer,
    PythonLexer,
)
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

SPHINX = {"default": True, "pycon3": True, "none": False}
"""Names that Sphinx gives a meaning of its own; ``default`` is Python unless it fails to parse."""


@cache
def is_python(name: str) -> bool:
    """Whether a block in this language is Python, whatever the name (``py``, ``ipython3``, …)."""
    if name in SPHINX:
        return SPHINX[name]
    if name.startswith(("ipython", "python", "py3")):
        return True
    try:
        lexer = get_lexer_by_name(name)
    except ClassNotFound:
        return False
    return isinstance(lexer, PythonLexer | Python2Lexer | PythonConsoleLexer)


PREFIX = re.compile(r"^(highlight|lang|language)-")


def languages_of(block: LexborNode) -> Iterator[str]:
    """Yield what may be the name of a block's language: Sphinx's class, or that of raw HTML."""
    for inner in (block, *block.css("code")):
        for name in _classes(inner):
            yield PREFIX.sub("", name)
    node: LexborNode | None = block.parent
    while node is not None:
        yield from (PREFIX.sub("", name) for name in _classes(node) if PREFIX.match(name))
        node = node.parent


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()
