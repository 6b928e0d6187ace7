"""The parts of a module that may be skipped although their line runs, and which of them ran."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


type Place = tuple[int, int, int, int]
"""A `Position`, as it comes from the recorder."""


class Position(NamedTuple):
    """Where something stands: lines from 1, columns in bytes of UTF-8 from 0, as `ast` counts."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, node: ast.expr | ast.stmt) -> Position:
        """Return where a node stands."""
        return cls(node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)

    @property
    def span(self) -> range:
        """Its lines."""
        return range(self.line, self.end_line + 1)

    def holds(self, other: Place) -> bool:
        """Whether another one lies inside this one."""
        return self[:2] <= other[:2] and other[2:] <= self[2:]


def find(text: str, tree: ast.Module) -> list[Position]:
    """Return the parts that may be skipped when their statement runs, outer ones first."""
    lines = [line.encode() for line in text.split("\n")]
    found: set[Position] = set()
    tried = {each.body[0] for each in ast.walk(tree) if isinstance(each, ast.Try | ast.TryStar)}
    for node in evaluated(tree):
        found.update(_skippable(node))
        if not isinstance(node, ast.stmt) or node in tried:  # nothing skips what a try begins with
            continue
        if lines[node.lineno - 1][: node.col_offset].strip():
            found.add(Position.of(node))  # behind a colon or a semicolon
    return sorted(found, key=lambda part: (part[:2], -part.end_line, -part.end_column))


def evaluated(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that do something when their statement runs."""
    todo = [tree]
    while todo:
        node = todo.pop()
        match node:
            case ast.TypeAlias():  # its value is evaluated when somebody asks for it
                continue
            case ast.Pass() | ast.Global() | ast.Nonlocal() | ast.Expr(value=ast.Constant()):
                continue
        yield node
        todo += ast.iter_child_nodes(node)


def _skippable(node: ast.AST) -> Iterator[Position]:
    """Yield what of a node may be skipped when it is evaluated."""
    skippable: list[ast.expr] = []
    match node:
        case ast.BoolOp(values=[_, *more]) | ast.Compare(comparators=[_, *more]):
            skippable = more
        case ast.IfExp():
            skippable = [node.body, node.orelse]
        case ast.Lambda(body=ast.expr() as one) | ast.Assert(msg=ast.expr() as one):
            skippable = [one]
        case ast.match_case(guard=ast.expr() as one):
            skippable = [one]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            skippable = [node.elt]
        case ast.DictComp():  # Python may load both in one instruction, which stands at one
            yield Position(*Position.of(node.key)[:2], *Position.of(node.value)[2:])
    loops: list[ast.comprehension] = getattr(node, "generators", [])
    skippable += (condition for loop in loops for condition in loop.ifs)
    skippable += (loop.iter for loop in loops[1:])
    yield from map(Position.of, skippable)


def ran(parts: Iterable[Position], seen: Iterable[Place]) -> list[Position]:
    """Return the parts in which one of the instructions that were seen to run stands."""
    by_line: dict[int, list[Place]] = {}
    for place in seen:
        by_line.setdefault(place[0], []).append(place)
    return [
        part
        for part in parts
        if any(part.holds(place) for line in part.span for place in by_line.get(line, ()))
    ]
