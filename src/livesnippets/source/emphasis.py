"""On which lines of a module a text stands: in its code, or else in its strings."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

PROSE = {tokenize.STRING, tokenize.FSTRING_MIDDLE, tokenize.COMMENT}


def lines_with(text: str, tree: ast.Module, wanted: str, within: Collection[int]) -> set[int]:
    """Return those of the lines `within` in whose code `wanted` begins.

    If there are none, those of strings and comments: of SQL, for one. Never those of docstrings.
    """
    prose = set(_places(text))
    documented = set(_docstrings(tree))
    lines = text.splitlines()
    code: set[int] = set()
    other: set[int] = set()
    for number in within:
        line = lines[number - 1]
        at = line.find(wanted)
        while at >= 0:
            (other if (number, at) in prose else code).add(number)
            at = line.find(wanted, at + 1)
    return code or other - documented


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Yield line and column of each character of a string or a comment."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in PROSE:
            continue
        (first, begin), (last, end) = token.start, token.end
        for number in range(first, last + 1):
            start = begin if number == first else 0
            stop = end if number == last else len(lines[number - 1])
            yield from ((number, column) for column in range(start, stop))


def _docstrings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
