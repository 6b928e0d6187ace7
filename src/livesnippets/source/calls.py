"""What the lines of a module call, by the names that its imports give."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = "?"
"""What no import names, such as a function of the module's own; ``?.remote`` is a method of it."""


def on_lines(tree: ast.Module) -> dict[int, set[str]]:
    """Return for each line the full names of what is called on it, ``ray.get``, ``builtins.len``.

    A call stands on the line on which the name of what is called ends, where Python reports it.
    """
    known = _imported(tree)
    found: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            line = node.func.end_lineno or node.lineno
            found.setdefault(line, set()).add(_name(node.func, known))
    return found


def _name(node: ast.expr, known: dict[str, str]) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id in known:
        return ".".join([known[node.id], *reversed(parts)])
    return ".".join([UNKNOWN, *parts[:1]])


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what each name stands for; one that is bound in two ways is left out."""
    bound: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        for name, meaning in _bindings(node):
            bound.setdefault(name, set()).add(meaning)
    for name in dir(builtins):
        bound.setdefault(name, {f"builtins.{name}"})
    sure = {name: meaning for name, (meaning, *others) in bound.items() if not others}
    return {name: meaning for name, meaning in sure.items() if meaning != UNKNOWN}


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a node binds, in whatever scope, and what each stands for."""
    match node:
        case ast.Import():
            for each in node.names:
                top = each.name.partition(".")[0]
                yield (each.asname, each.name) if each.asname else (top, top)
        case ast.ImportFrom():
            for each in node.names:
                module = "." * node.level + (node.module or "")
                yield each.asname or each.name, f"{module}.{each.name}"
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
            yield name, UNKNOWN
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, UNKNOWN
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name, UNKNOWN
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name, UNKNOWN
