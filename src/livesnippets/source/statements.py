"""Which statements a module has, and what proves each of their lines."""

from __future__ import annotations

import ast
from itertools import chain, groupby
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

from livesnippets.source import parts
from livesnippets.source.parts import Position
from livesnippets.watch.lines import positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coverage.parser import PythonParser


class Part(NamedTuple):
    """A part of a statement that may be skipped although the statement runs."""

    position: Position
    lines: list[int]
    """The lines on which nothing is evaluated that is not part of it."""
    observable: bool
    """Whether an instruction stands for it: the compiler may merge it with what is around it."""


class Statement(NamedTuple):
    """A statement, or the head of one that has a body."""

    first: int
    """Its first line."""
    proofs: list[list[int]]
    """For each of its lines, from the first on: the lines of which one has to be hit.

    CPython reports the lines of a statement's parts. A line where something is evaluated needs
    a hit of its own; any other one, such as ``)`` or ``assert (``, follows the smallest part
    around it. A blank line has none; nor has a statement that Python leaves out.
    """

    parts: list[Part]

    @property
    def lines(self) -> frozenset[int]:
        """Those of its lines that CPython reports; none of a statement that it leaves out."""
        return frozenset[int]().union(*self.proofs)


def find(text: str, path: str) -> list[Statement]:
    """Find the statements as coverage.py has them; raises `ValueError` if it is not Python."""
    parser, tree = _parse(text, path), ast.parse(text)
    statements = (node for node in parts.evaluated(tree) if isinstance(node, ast.stmt))
    written = {parser.first_line(node.lineno) for node in statements}
    lines = _Lines(text, tree, compile(text, path, "exec", dont_inherit=True))
    found = []
    for first, run in groupby(range(1, text.count("\n") + 2), parser.first_line):
        span = range(first, max(run) + 1)
        ours, compiled = first in written, not lines.compiled.isdisjoint(span)
        if first in parser.statements or (ours and compiled):  # it may stand beside a docstring
            proofs = [lines.proof(line, span) for line in span]
            found.append(Statement(first, proofs, lines.parts_of(span)))
        elif ours:
            found.append(Statement(first, [[]], []))
    return found


def _parse(text: str, path: str) -> PythonParser:
    # To load it takes longer than all of this package; a build with current evidence need not.
    from coverage.exceptions import NotPython  # noqa: PLC0415 - see above
    from coverage.parser import PythonParser  # noqa: PLC0415 - see above

    parser = PythonParser(text=text, filename=path)
    try:
        parser.parse_source()
    except NotPython as error:
        raise ValueError(str(error)) from error
    return parser


class _Lines:
    """What is evaluated on each line of a module, and which lines CPython reports."""

    def __init__(self, text: str, tree: ast.Module, code: CodeType) -> None:
        codes = list(_codes(code))
        self.compiled = _reported(codes)
        # Python 3.14 evaluates annotations when somebody asks for them.
        self.reported = _reported(code for code in codes if code.co_name != "__annotate__")
        self.text = text.split("\n")
        self.parts = parts.find(text, tree)
        self.observable = set(parts.ran(self.parts, filter(None, chain(*map(positions, codes)))))
        self.around: list[range] = []
        self.evaluated: dict[int, list[Position]] = {}
        self.stored: set[int] = set()
        for node in parts.evaluated(tree):
            if not isinstance(node, ast.expr):
                continue
            position = Position.of(node)
            if position.line != position.end_line:
                self.around.append(position.span)
            elif isinstance(getattr(node, "ctx", None), ast.Store):
                self.stored.add(position.line)
            else:
                self.evaluated.setdefault(position.line, []).append(position)
        self.around.sort(key=len)

    def proof(self, line: int, span: range) -> list[int]:
        """Return the lines of a statement of which one has to be hit to prove `line`."""
        if not self.text[line - 1].strip():
            return []
        # What ``x = (`` stores comes from elsewhere, and may never come.
        own = line in self.evaluated or (line in self.stored and line != span[0])
        if own and line in self.reported:
            return [line]
        around = (part for part in self.around if line in part and part[0] in span)
        reported = (sorted(self.reported.intersection(part)) for part in (*around, span))
        return next(filter(None, reported))

    def parts_of(self, span: range) -> list[Part]:
        """Return the parts that begin in a statement."""
        return [
            Part(part, [*self._wholly(part)], part in self.observable)
            for part in self.parts
            if part.line in span
        ]

    def _wholly(self, part: Position) -> Iterator[int]:
        for line in part.span:
            if (found := self.evaluated.get(line)) and all(map(part.holds, found)):
                yield line


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _reported(codes: Iterable[CodeType]) -> frozenset[int]:
    """Return the lines that have an entry in a line table."""
    return frozenset(line for code in codes for _, _, line in code.co_lines() if line)
