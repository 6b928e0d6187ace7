"""Generate a site of many blocks that are all proven, without running any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.evidence import files
from livesnippets.evidence.environment import expected_environment, this_environment
from livesnippets.evidence.results import Evidence, Result
from livesnippets.settings import Settings
from livesnippets.source.module import digest, read_source

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS_ON_A_PAGE = 20
BLOCKS_OF_A_MODULE = 4

CONF = """
project = "Generated"
extensions = ["myst_parser", "sphinx_copybutton"]
if "proven" in tags:
    extensions.append("livesnippets")
highlight_language = "text"
html_theme = "furo"
"""

CLASS = '''

class Poller{number}:
    """Polls, and answers meanwhile."""

    def __init__(self, store):
        self.store = store
        self.last_processed = None

    def run(self):
        while self.last_processed != {number}:
            data = self.store.fetch(timeout={number})
            self.process(data)

    def process(self, data):
        self.last_processed = data
        time.sleep(0.01)  # the work

    def other_task(self):
        return self.last_processed
'''

BLOCK = """
The poller of block {block} asks the store, again and again, and answers its callers *meanwhile*.

```{{literalinclude}} ../snippets/{module}.py
:language: python{option}
```
"""


def write_site(root: Path, blocks: int) -> None:
    """Write a site with so many blocks, and evidence that proves each.

    Half of the blocks show a whole module, half show one definition of a module that has four.
    """
    for folder in ("snippets", "tests", "docs"):
        (root / folder).mkdir(parents=True)
    (root / "conf.py").write_text(CONF)
    (root / "requirements.txt").write_text(f"ray=={this_environment().ray}\n")
    (root / "docs/index.md").write_text("# Generated\n")
    definitions: dict[str, list[int]] = {}
    for block in range(blocks):
        definitions.setdefault(_module(block), []).append(block)
    for module, numbers in definitions.items():
        classes = "".join(CLASS.format(number=number) for number in numbers)
        text = f'"""Generated for the benchmark."""\n\nimport time\n{classes}'
        (root / "snippets" / f"{module}.py").write_text(text)
        (root / "tests" / f"test_{module}.py").touch()  # evidence of a test that is gone is none
    for first in range(0, blocks, BLOCKS_ON_A_PAGE):
        shown = "".join(_block(number) for number in range(first, first + BLOCKS_ON_A_PAGE))
        # A page outside the toctree: a theme's list of pages grows with a site, with and
        # without blocks, and would hide what a block costs.
        text = f"---\norphan: true\n---\n\n# Pollers from {first}\n{shown}"
        (root / "docs" / f"page{first:05}.md").write_text(text)
    _prove(root, definitions)


def _is_whole(block: int) -> bool:
    return block // BLOCKS_OF_A_MODULE % 2 == 1


def _module(block: int) -> str:
    """Return the name of the module that a block shows, or shows a part of."""
    if _is_whole(block):
        return f"whole{block:05}"
    return f"parts{block // BLOCKS_OF_A_MODULE:05}"


def _block(block: int) -> str:
    option = "" if _is_whole(block) else f"\n:pyobject: Poller{block}"
    return BLOCK.format(block=block, module=_module(block), option=option)


def _prove(root: Path, definitions: dict[str, list[int]]) -> None:
    """Write evidence of one test for each definition, which ran the definition's lines."""
    settings = Settings.read(root)
    lock = digest((root / "requirements.txt").read_bytes())
    tests, statements = {}, {}
    for module, numbers in definitions.items():
        path = f"snippets/{module}.py"
        source = read_source(root, path)
        statements[source.digest] = source.statements
        for number in numbers:
            shown = source.pyobject(f"Poller{number}").numbers
            tests[f"tests/test_{module}.py::test_poller{number}"] = Result(
                outcome="passed",
                duration=0.25,
                when="2026-11-22T18:51:07+00:00",
                commit="0fd0a7d123",
                files={path: source.digest, "requirements.txt": lock},
                hits={path: sorted(source.executable.intersection(shown))},
                imported={path: [1, 3, min(shown)]},
                parts={path: source.parts},
            )
    files.write(
        settings.evidence_directory,
        Evidence(expected_environment(settings.root / settings.lock), tests, statements),
    )
