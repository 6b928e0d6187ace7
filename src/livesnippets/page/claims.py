"""A claim: what a sentence says of Ray, tied to the test that shows it."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from livesnippets.evidence.reasons import NOWHERE, PROVE, Missing, reason
from livesnippets.evidence.verdict import FAILED, STALE, UNPROVEN
from livesnippets.finding import Finding, Kind, Place, SourceError, suggest
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Result


def find(ledger: Ledger, name: str) -> dict[str, Result]:
    """Return the runs of the test called `name`, by node id: several if it has parameters.

    A name that several files use is given as ``test_file.py::test_name``. Raises `Missing`, also
    if a run is stale, failed or was skipped.
    """
    runs = {test: run for test, run in ledger.tests.items() if _is_called(test, name)}
    tests = sorted({definition_of(test) for test in runs})
    if not tests:
        known = (definition_of(test).rpartition("::")[2] for test in ledger.tests)
        cure = suggest(name, known) or "name the test that shows this"
        raise Missing(Finding(NOWHERE, Kind.MISSING, f"no test is called {name!r}", cure))
    if len(tests) > 1:
        cure = f"write {tests[0].rpartition('/')[2]!r}"
        message = f"{len(tests)} tests are called {name!r}"
        raise Missing(Finding(NOWHERE, Kind.MISSING, message, cure))
    for test, run in runs.items():
        if files := ledger.changed(test):
            message = f"stale evidence: {', '.join(files)} changed since {test} ran"
            raise Missing(Finding(NOWHERE, Kind.STALE, message, PROVE, follows=(test, *files)))
        if run.outcome != "passed":
            raise Missing(reason(NOWHERE, test, run))
    return runs


def definition_of(test: str) -> str:
    """Return the node id of a test without its parameters."""
    return test.partition("[")[0]


def _is_called(test: str, name: str) -> bool:
    return f"/{definition_of(test)}".endswith((f"::{name}", f"/{name}"))


def refused(request: str, finding: Finding) -> dict[str, str]:
    """Return what marks a claim that is not shown: the test, if there is one, and how it stands."""
    name, _ = json.loads(request)
    test = definition_of(finding.test or next(iter(finding.follows), name))
    state = {Kind.FAILED: FAILED, Kind.STALE: STALE}.get(finding.kind, UNPROVEN)
    return {"data-claim": test, "data-evidence": state}


def unclaimed(ledger: Ledger, by_page: dict[str, list[str]]) -> list[str]:
    """Return the tests that no sentence names, and that leave nothing which a page may show.

    That a test runs lines of a block does not count: nearly each does, whatever it asserts.
    Where no page has a claim yet, nobody asks for them.
    """
    claimed = {test for tests in by_page.values() for test in tests}
    silent = (
        definition_of(test)
        for test, run in ledger.current.items()
        if not (run.outputs or run.measurements or run.recordings)
    )
    return sorted({*silent} - claimed) if claimed else []


def report(by_page: dict[str, list[str]], silent: list[str]) -> str:
    """Return how many claims each page has, and the tests that claim something on none."""
    pages = [f"{len(tests):5}  {page}" for page, tests in sorted(by_page.items())]
    lines = ["Claims of each page:", *pages, "", "Tests that no sentence names:", *silent]
    return "\n".join(lines) + "\n"


def note(silent: list[str], listed: str) -> str:
    """Return a line on the tests that claim something on no page, which a file lists; or none."""
    tests = "1 test is" if len(silent) == 1 else f"{len(silent)} tests are"
    return f"{tests} named by no sentence: {listed}\n" if silent else ""


def told(root: Path, test: str) -> tuple[Place, str]:
    """Return where a test is defined, or else its file, and what its docstring says."""
    path, _, name = definition_of(test).partition("::")
    try:
        definition = read_source(root, path).definition(name.replace("::", "."))
    except SourceError:  # made by a plugin, or inherited by its class
        return Place(path), ""
    return Place(path, definition.lineno), ast.get_docstring(definition) or ""
