"""Begin an idea of a pattern: a module, its test and its page, which pass as they are."""

from __future__ import annotations

import keyword
import os
import re
import sys
from pathlib import Path
from string import Template

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).parent
INDEX = "docs/index.md"
CAPTION = ":caption: Patterns\n"
"""The list of pages, in the index, that a new page joins at its end."""
USAGE = "make new PATTERN=my_pattern NAME=my_idea"


def main(arguments: list[str]) -> int:
    """Write the files for a pattern and a name, and say what comes next; return the exit code."""
    pattern, name = arguments
    try:
        written = begin(ROOT, pattern, name)
    except ValueError as error:
        print(f"{error}; for example: {USAGE}", file=sys.stderr)
        return 1
    print("\n".join(f"wrote {path}" for path in written))
    print("they pass as they are: make them yours, then run 'make html'")
    return 0


def begin(root: Path, pattern: str, name: str) -> list[str]:
    """Write the files, and return their paths; raises `ValueError` with nothing written."""
    for given, word in {"PATTERN": pattern, "NAME": name}.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", word) or keyword.iskeyword(word):
            raise ValueError(f"{given}={word} is no name for a Python module, such as 'my_idea'")
    page = _page(root, pattern)
    values = {
        "pattern": pattern,
        "name": name,
        "title": _words(pattern),
        "idea": _words(name),
        "up": os.path.relpath(root, (root / page).parent),
    }
    files = {
        f"snippets/{pattern}/{name}.py": _filled("module.txt", values),
        f"tests/snippets/{pattern}/test_{name}.py": _filled("test.txt", values),
    }
    for path in files:
        if (root / path).exists():
            raise ValueError(f"{path}:1: is there already; choose another NAME")
    block = _filled("block.txt", values)
    if (root / page).exists():
        files[page] = f"{(root / page).read_text()}\n{block}"
    else:
        files[page] = f"{_filled('page.txt', values)}\n{block}"
        files[INDEX] = _listed((root / INDEX).read_text(), page)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return [*files]


def _page(root: Path, pattern: str) -> str:
    """Return the page of a pattern, or where a new one goes."""
    file = f"{pattern.replace('_', '-')}.md"
    found = sorted((root / "docs").rglob(file))
    return found[0].relative_to(root).as_posix() if found else f"docs/patterns/{file}"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _filled(template: str, values: dict[str, str]) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(values)


def _listed(index: str, page: str) -> str:
    """Return the index with one more page."""
    before, caption, after = index.partition(CAPTION)
    pages, fence, rest = after.partition("```")
    if not (caption and fence):
        raise ValueError(f"{INDEX}:1: has no toctree with '{CAPTION.strip()}'; give it one")
    name = page.removeprefix("docs/").removesuffix(".md")
    return f"{before}{caption}{pages}{name}\n{fence}{rest}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
