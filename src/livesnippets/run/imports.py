"""Which files of the repository a module depends on by import."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Imports:
    """Follows the import statements of loaded modules, inside `root`."""

    def __init__(self, root: Path, foreign: list[Path]) -> None:
        self.root = root
        self.foreign = foreign
        self._names: dict[Path, set[str]] = {}

    def of(self, *starts: Path) -> set[str]:
        """Return the files, relative to the root, that `starts` import, directly or not."""
        found: set[Path] = set()
        to_do = list(starts)
        while to_do:
            path = to_do.pop()
            if path not in found:
                found.add(path)
                to_do += self._direct(path)
        return {path.relative_to(self.root).as_posix() for path in found}

    def _direct(self, path: Path) -> set[Path]:
        if path not in self._names:
            try:
                tree = ast.parse(path.read_bytes())
            except (OSError, SyntaxError, ValueError):  # code is not always in a file of Python
                tree = ast.Module([], [])
            self._names[path] = set(_imported_names(tree, self._package(path)))
        return set(filter(None, map(self._file, self._names[path])))  # more are loaded as time goes

    def _file(self, name: str) -> Path | None:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is None or not file.endswith(".py"):
            return None
        path = Path(file)
        ours = path.is_relative_to(self.root) and not any(map(path.is_relative_to, self.foreign))
        return path if ours else None

    def _package(self, path: Path) -> str:
        return ".".join(path.relative_to(self.root).parent.parts)


def _imported_names(tree: ast.Module, package: str) -> Iterator[str]:
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
