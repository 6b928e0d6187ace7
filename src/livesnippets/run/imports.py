"""Which files of the repository a module depends on by import."""

from __future__ import annotations

import sys
from pathlib import Path

from livesnippets.source.imports import imported_names, tree_of


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
            text = path.read_bytes() if path.is_file() else b""  # code is not always in a file
            tree = tree_of(text)
            self._names[path] = set(imported_names(tree, self._package(path)))
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
