"""On which lines of a module a text stands: in its code, or else in its strings."""

from __future__ import annotations

import ast
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

PROSE = {tokenize.STRING, tokenize.FSTRING_MIDDLE, tokenize.COMMENT}


def lines_with(
    lines: Sequence[str], tree: ast.Module, wanted: str, within: Collection[int]
) -> set[int]:
    """Return the numbers, of those `within`, of the lines in whose code `wanted` begins.

    If there are none, those of strings and comments: of SQL, for one. Never those of docstrings.
    """
    tokens = tokenize.generate_tokens(iter(lines).__next__)
    prose = [(token.start, token.end) for token in tokens if token.type in PROSE]
    code: set[int] = set()
    other: set[int] = set()
    for number in within:
        for column in _columns(lines[number - 1], wanted):
            quoted = any(start <= (number, column) < end for start, end in prose)
            (other if quoted else code).add(number)
    return code or other.difference(_docstrings(tree))


def _columns(line: str, wanted: str) -> Iterator[int]:
    at = line.find(wanted)
    while at >= 0:
        yield at
        at = line.find(wanted, at + 1)


def _docstrings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
