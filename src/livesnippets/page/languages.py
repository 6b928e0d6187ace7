"""Which language names mean Python."""

from __future__ import annotations

from functools import cache

from pygments.lexers import get_lexer_by_name
from pygments.lexers.python import (
    Python2Lexer,
    PythonConsoleLexer,
    PythonLexer,
)
from pygments.util import ClassNotFound

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
