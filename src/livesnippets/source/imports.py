"""What a module imports, by its text."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def with_imports(root: Path, paths: Iterable[str]) -> list[str]:
    """Return modules with all of the repository that they import, directly or not.

    The repository's root is where their imports are looked for.
    """
    found: set[str] = set()
    to_do = list(paths)
    while to_do:
        path = to_do.pop()
        if path not in found:
            found.add(path)
            package = ".".join(path.split("/")[:-1])
            for name in _names((root / path).read_bytes(), package):
                module = name.replace(".", "/")
                files = (f"{module}.py", f"{module}/__init__.py")
                to_do += [file for file in files if (root / file).is_file()]
    return sorted(found)


@cache  # a build asks for each module several times
def _names(text: bytes, package: str) -> frozenset[str]:
    return frozenset(imported_names(tree_of(text), package))


@cache
def is_program(text: bytes) -> bool:
    """Whether a module does something when it is run: it asks whether it is ``__main__``."""
    return b"__main__" in text and any(
        isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        for node in tree_of(text).body
    )


def tree_of(text: bytes) -> ast.Module:
    """Return what a module says: nothing, if it cannot be read as one."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def imported_names(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield what may be module names: ``from a.b import c`` gives a, a.b and a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [base])])
            yield from _with_parents(base)
            for alias in node.names:
                yield f"{base}.{alias.name}"


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
