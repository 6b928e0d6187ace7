"""The snippet tests as `make` runs them, against one process with a Ray of its own for each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from bench.goal import Faster
from bench.process import FailedError, python, run
from bench.site import ROOT, copy_proven_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.row import Row

TIMES = 8
SAMPLE = 12
SHARED = ("-n", "4", "-p", "no:hypothesispytest", "-p", "no:anyio")
"""How the Makefile has several processes share the tests and one cluster."""


def measure(folder: Path, _edits: int) -> Iterator[Row]:
    """Time all tests, and the tests that run a whole module; the site's copy is warm by then."""
    tests, modules = _tests()
    sample = tests[:: -(-len(tests) // SAMPLE)]
    every = Faster(
        f"{len(tests)} snippet tests, against each alone with its own Ray "
        f"({len(sample)} of them, scaled)",
        TIMES,
    )
    mains = Faster(f"tests that run {len(modules)} modules, against the modules as scripts", TIMES)
    try:
        site = copy_proven_site(folder / "site")
        together = _pytest(site, [*SHARED, "tests/snippets"])
        alone = sum(_pytest(site, [test]) for test in sample) * len(tests) / len(sample)
        yield every.row(together, alone)
        together = _pytest(site, [*SHARED, "--repeat=1", *modules])
        alone = sum(run(python("-m", name), site).wall for name in modules.values())
        yield mains.row(together, alone)
    except FailedError as error:
        yield from (goal.row(None, None, str(error)) for goal in (every, mains))


def _pytest(site: Path, tests: Sequence[str]) -> float:
    return run(python("-m", "pytest", "-q", *tests), site).wall


def _tests() -> tuple[list[str], dict[str, str]]:
    """Return all snippet tests, and of those that run a module the module, by test."""
    tests, modules = [], {}
    for path in sorted((ROOT / "tests/snippets").rglob("test_*.py")):
        for node in ast.parse(path.read_bytes()).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            test = f"{path.relative_to(ROOT).as_posix()}::{node.name}"
            tests.append(test)
            if name := _module(node):
                modules[test] = name
    return tests, modules


def _module(test: ast.FunctionDef) -> str | None:
    """Return the module that a test runs with run_snippet, if it does."""
    for node in ast.walk(test):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "run_snippet"
            and isinstance(node.args[0], ast.Constant)
        ):
            return str(node.args[0].value)
    return None
