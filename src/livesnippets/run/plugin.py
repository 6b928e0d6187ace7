"""The pytest plugin: its options and markers, and what it registers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from livesnippets.run.captures import Captures
from livesnippets.run.session import Run
from livesnippets.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Generator

RUN = "livesnippets-run"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add ``--stale``, ``--repeat``, ``--apart``, but not to a project without snippets."""
    config: Any = pluginmanager.get_plugin("pytestconfig")
    if _settings(config) is None:
        return
    group = parser.getgroup("livesnippets")
    group.addoption(
        "--repeat",
        type=int,
        metavar="N",
        help="run each module that run_snippet runs N times, and compare what it prints; "
        "otherwise as often as [tool.livesnippets] says under 'runs', twice by default",
    )
    group.addoption(
        "--apart",
        action="store_true",
        help="run each such module also as python -m does, in a process and with a Ray of its own, "
        "and compare what it prints",
    )
    group.addoption(
        "--stale",
        action="store_true",
        help="run only the tests whose evidence is missing or stale, or whose modules ran less "
        "often than --repeat and --apart ask for",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, object, object]:
    """Begin to record before the first file of the repository is imported."""
    settings = _settings(early_config)
    if settings is None:
        return (yield)
    if sys.flags.optimize:
        message = (
            "cannot prove anything: Python leaves out asserts; unset PYTHONOPTIMIZE, or omit -O"
        )
        raise pytest.UsageError(message)
    try:
        run = Run(early_config, settings)
    except ValueError as error:
        message = f"cannot record: {error}; run without the other monitoring tool"
        raise pytest.UsageError(message) from error
    early_config.pluginmanager.register(run, RUN)
    early_config.pluginmanager.register(run.collection, "livesnippets-collection")
    early_config.pluginmanager.register(run.deadline, "livesnippets-deadline")
    given = early_config.known_args_namespace
    repeat = given.repeat or settings.runs
    captures = Captures(settings, run.gatherer, repeat=repeat, apart=given.apart)
    early_config.pluginmanager.register(captures, "livesnippets-captures")
    try:
        return (yield)
    except Exception as error:
        run.collection.cannot_begin(error)
        raise


def _settings(config: pytest.Config) -> Settings | None:
    """Return the settings of a project, or None if it has no snippets."""
    try:
        settings = Settings.read(config.rootpath)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from error
    return settings if any((settings.root / settings.snippets).rglob("*.py")) else None


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    if not config.pluginmanager.has_plugin(RUN):
        return
    config.addinivalue_line(
        "markers",
        "alone: no other test runs beside this one when the tests are shared out among processes; "
        "those that measure or record are run like that in any case.",
    )
    config.addinivalue_line(
        "markers",
        "never_reached(definition, line=None, part=None): 'path/to/module.py::Class.method' does "
        "not run in this test; `line`, its text, narrows this to one line, `part` to what may be "
        "skipped in a line. The test fails when it does run.",
    )
    config.addinivalue_line(
        "markers",
        "recording(name, begin): log what the snippets do in this test, with times, for the "
        "fixture `recorded`; a page draws it under `name`, if it is given, from the first call of "
        "the function `begin` on.",
    )
