"""The code of the site's pages as MyST-NB notebooks, which run it to build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from pathlib import Path

CONF = """
extensions = ["myst_nb"]
html_theme = "furo"
myst_enable_extensions = ["colon_fence", "deflist"]
nb_execution_mode = "cache"
nb_execution_timeout = 180
nb_execution_raise_on_error = True
"""
HEAD = """---
file_format: mystnb
kernelspec:
  name: python3
---
"""
FENCE = re.compile(
    r"```\{(?P<name>[a-z-]+)\} ?(?P<argument>.*)\n(?P<options>(?:.*\n)*?)```\n", re.MULTILINE
)
ROLE = re.compile(r"\{[a-z]+\}(`[^`]*`)")
OPTION = re.compile(r"^:([a-z-]+): (.*)$", re.MULTILINE)
IMPORT = re.compile(r"^from snippets\.(?P<module>[\w.]+) import (?:\([^)]*\)|.*)\n", re.MULTILINE)
GUARD = '\n\nif __name__ == "__main__":\n'


def page_notebook(site: Path, page: str) -> str:
    """Return a page whose blocks are cells, in their order: together they are one program."""

    def cell(fence: re.Match[str]) -> str:
        if fence["name"] != "literalinclude":
            return ""
        options = dict(OPTION.findall(fence["options"]))
        path = "snippets/" + fence["argument"].partition("snippets/")[2]
        source = read_source(site, path)
        if "region" in options:
            excerpt = source.region(options["region"])
        elif "pyobject" in options:
            excerpt = source.pyobject(options["pyobject"])
        else:
            excerpt = source.whole()
        return _cell(excerpt.text)

    text = (site / "docs" / f"{page}.md").read_text()
    return HEAD + ROLE.sub(r"\1", FENCE.sub(cell, text))


def module_notebook(site: Path, module: str) -> str:
    """Return a page with one module and those that it imports, which define and do not run."""
    cells: dict[str, str] = {}

    def add(path: str, *, runs: bool) -> None:
        text = read_source(site, path).whole().text
        for found in IMPORT.finditer(text):
            imported = f"snippets/{found['module'].replace('.', '/')}.py"
            if imported not in cells:
                add(imported, runs=False)
        code = IMPORT.sub("", text)
        cells[path] = _cell(code if runs else code.partition(GUARD)[0])

    add(module, runs=True)
    return f"{HEAD}\n# {module}\n\n" + "\n".join(cells.values())


def _cell(code: str) -> str:
    return f"```{{code-cell}} python\n{code.rstrip()}\n```\n"
