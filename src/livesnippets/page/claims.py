"""A claim: what a sentence says of Ray, tied to the test that shows it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from livesnippets.evidence.ledger import PROVE, UNTOLD
from livesnippets.finding import Kind, Place, SourceError
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Result


class Unshown(Exception):  # noqa: N818 - it says what keeps a claim from being shown
    """No current, passing test shows a claim: the kind of finding, its message, its cure."""


def find(ledger: Ledger, name: str) -> dict[str, Result]:
    """Return the runs of the test called `name`, by node id: several if it has parameters.

    A name that several files use is given as ``test_file.py::test_name``. Raises `Unshown`.
    """
    runs = {test: run for test, run in ledger.tests.items() if _is_called(test, name)}
    tests = sorted({definition_of(test) for test in runs})
    if not tests:
        raise Unshown(Kind.MISSING, f"no test is called {name!r}", "name the test that shows this")
    if len(tests) > 1:
        cure = f"write {tests[0].rpartition('/')[2]!r}"
        raise Unshown(Kind.MISSING, f"{len(tests)} tests are called {name!r}", cure)
    for test, run in runs.items():
        if files := ledger.changed(run):
            message = f"stale evidence: {', '.join(files)} changed since {test} ran"
            raise Unshown(Kind.STALE, message, PROVE)
        if run.outcome == "failed":
            reason = (run.failure or UNTOLD).message.partition("\n")[0]
            raise Unshown(Kind.FAILED, f"{test} fails: {reason}", "")
        if run.outcome == "skipped":
            raise Unshown(Kind.MISSING, f"{test} is skipped, and shows nothing", "let it run")
    return runs


def definition_of(test: str) -> str:
    """Return the node id of a test without its parameters."""
    return test.partition("[")[0]


def _is_called(test: str, name: str) -> bool:
    return f"/{definition_of(test)}".endswith((f"::{name}", f"/{name}"))


def told(root: Path, test: str) -> tuple[Place, str]:
    """Return where a test is defined, or else its file, and what its docstring says."""
    path, _, name = definition_of(test).partition("::")
    try:
        definition = read_source(root, path).definition(name.replace("::", "."))
    except SourceError:  # made by a plugin, or inherited by its class
        return Place(path), ""
    return Place(path, definition.lineno), ast.get_docstring(definition) or ""
