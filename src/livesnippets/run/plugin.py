"""The pytest plugin: its options and markers, and what it registers."""

from __future__ import annotations

import pytest

from livesnippets.run.captures import Captures
from livesnippets.run.session import Run
from livesnippets.settings import Settings, SettingsError


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--stale`` and ``--repeat``."""
    group = parser.getgroup("livesnippets")
    group.addoption(
        "--repeat",
        type=int,
        default=1,
        metavar="N",
        help="run each module that run_snippet runs N times, and compare what it prints",
    )
    group.addoption(
        "--stale",
        action="store_true",
        help="run only the tests whose evidence is missing or stale",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin to record before the first file of the repository is imported."""
    try:
        settings = Settings.read(early_config.rootpath)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from error
    if (settings.root / settings.snippets).is_dir():
        try:
            run = Run(early_config, settings)
        except ValueError as error:
            message = f"cannot record: {error}; run without the other monitoring tool"
            raise pytest.UsageError(message) from error
        early_config.pluginmanager.register(run, "livesnippets-run")
        early_config.pluginmanager.register(run.deadline, "livesnippets-deadline")
        repeat = early_config.known_args_namespace.repeat
        captures = Captures(settings, run.gatherer, repeat)
        early_config.pluginmanager.register(captures, "livesnippets-captures")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
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
    config.addinivalue_line(
        "markers",
        "worker_output: what Ray's workers print comes to the driver, as in a terminal; see the "
        "argument worker_lines of run_snippet.",
    )
