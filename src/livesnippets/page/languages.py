"""What is Python on a page: by the name of its language, by how that is coloured, by its looks."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from functools import cache
from typing import TYPE_CHECKING

from pygments.lexers import find_lexer_class_for_filename, get_lexer_by_name
from pygments.lexers.python import (
    Python2Lexer,
    PythonConsoleLexer,
    PythonLexer,
)
from pygments.lexers.special import TextLexer
from pygments.token import Keyword, Name
from pygments.util import ClassNotFound

from livesnippets.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pygments.lexer import Lexer
    from selectolax.lexbor import LexborNode

NOT_PYTHON = "not-python"
"""The class by which an author says what a block, or all in an element, is not."""
CURE = "put it into a module that a test runs, and literalinclude it"
TYPED = (Kind.TYPED, "Python typed into the page", CURE)
LOOKS = (
    Kind.TYPED,
    "text that looks like Python",
    f"{CURE}; if it is none, name its language, or give it the class {NOT_PYTHON}",
)

SPHINX = {"default": True, "pycon3": True, "none": False}
"""Names that Sphinx gives a meaning of its own; ``default`` is Python unless it fails to parse."""


KEYWORDS = {"elif", "except", "lambda", "yield"}
"""Together they are keywords of Python and of what is coloured like it, such as Cython."""
SAMPLE = ">>> import ray\n" + "".join(f">>> {word} ray\n" for word in sorted(KEYWORDS))
SESSION = re.compile(r"^\s*(>>>|In \[\d+\]:) ", re.MULTILINE)


def python_in(names: Iterable[str], text: str) -> tuple[Kind, str, str] | None:
    """Return what is wrong with a text that has no origin: kind, message and cure; or nothing.

    `names` are those that may be its language's, and its classes.
    """
    said = set(names)
    if any(map(is_python, said)):
        return TYPED
    if NOT_PYTHON in said:
        return None
    lexers = [lexer for lexer in map(_lexer, said) if lexer is not None]
    if any(map(_colours_as_python, lexers)):
        return LOOKS
    says_other = any(not isinstance(lexer, TextLexer) for lexer in lexers)
    return LOOKS if not says_other and reads_as_python(text) else None


@cache
def is_python(name: str) -> bool:
    """Whether a block in this language is Python, whatever the name (``py``, ``ipython3``, …)."""
    if name in SPHINX:
        return SPHINX[name]
    if name.startswith(("ipython", "python", "py3")):
        return True
    return isinstance(_lexer(name), PythonLexer | Python2Lexer | PythonConsoleLexer)


def is_python_file(path: str) -> bool:
    """Whether a file holds Python by its name, such as one that ends in ``.pyw``."""
    lexer = find_lexer_class_for_filename(path)
    return lexer is not None and _colours_as_python(lexer())


def reads_as_python(text: str) -> bool:
    """Whether a text is a session, or several statements of which one does more than say a value.

    Printed values, lists of words and ``key: value`` are Python, too, but seldom meant to be.
    """
    if SESSION.search(text):
        return True
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return len(statements) > 1 and not all(map(_is_value, statements))


def _is_value(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AnnAssign):
        return statement.value is None
    calls = (isinstance(node, ast.Call | ast.Await) for node in ast.walk(statement))
    return isinstance(statement, ast.Expr) and not any(calls)


@cache
def _lexer(name: str) -> Lexer | None:
    try:
        return get_lexer_by_name(name)
    except ClassNotFound:
        return None


def _colours_as_python(lexer: Lexer) -> bool:
    coloured = set(lexer.get_tokens(SAMPLE))
    keywords = {text for token, text in coloured if token is Keyword}
    return keywords >= KEYWORDS and (Name.Namespace, "ray") in coloured


PREFIX = re.compile(r"^(highlight|lang|language)-")


def languages_of(block: LexborNode) -> Iterator[str]:
    """Yield what may be the name of a block's language: Sphinx's class, or that of raw HTML.

    What an element around it says it is not, counts, too.
    """
    for inner in (block, *block.css("code")):
        for name in _classes(inner):
            yield PREFIX.sub("", name)
    node: LexborNode | None = block.parent
    while node is not None:
        for name in _classes(node):
            if PREFIX.match(name) or name == NOT_PYTHON:
                yield PREFIX.sub("", name)
        node = node.parent


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()
