"""A page as a notebook: its text, and the modules that it shows, which are written and run there.

A region does not run alone, and a module finds those that it imports in their folders. So each
module is a cell that writes its file, as the tests ran it, and a program is run as they ran it.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from livesnippets.source.imports import is_program, with_imports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BEGIN = """
import sys
from pathlib import Path

for folder in {folders}:
    Path(folder).mkdir(parents=True, exist_ok=True)
"""


def notebook(root: Path, modules: Iterable[str], parts: Sequence[str]) -> str:
    """Return a page as a notebook; `parts` are texts and, between them, names of programs."""
    files = with_imports(root, modules)
    folders = sorted({str(PurePosixPath(file).parent) for file in files})
    cells = [_markdown(parts[0]), _code(BEGIN.format(folders=folders).strip())]
    written: set[str] = set()
    for program, text in zip(parts[1::2], parts[2::2], strict=True):
        cells += _run(root, f"{program.replace('.', '/')}.py", written)
        cells += [_markdown(text)] if text.strip() else []
    for path in files:
        if path not in written and is_program((root / path).read_bytes()):
            cells += _run(root, path, written)
    cells += _write(root, files, written)
    numbered = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {
        "cells": numbered,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def _run(root: Path, program: str, written: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the cells that write a program, with what it imports, and the one that runs it."""
    yield from _write(root, with_imports(root, [program]), written)
    yield _code(f"!{{sys.executable}} -m {program.removesuffix('.py').replace('/', '.')}")


def _write(root: Path, files: Iterable[str], written: set[str]) -> Iterator[dict[str, Any]]:
    for path in files:
        if path not in written:
            written.add(path)
            text = (root / path).read_text(encoding="utf-8", errors="replace")
            yield _code(f"%%writefile {path}\n{text.rstrip('\n')}")


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.strip()}


def _code(text: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "metadata": {}, "source": text}
    return cell | {"execution_count": None, "outputs": []}
