"""Imported once by the server that all warm processes are forked from: it does what they share."""

from __future__ import annotations

import contextlib
import importlib
import io
import tempfile

import pytest

import livesnippets.preview.builder
import livesnippets.preview.runner  # noqa: F401 - each imports what it needs

COMMON = (
    "livesnippets.extension",
    "sphinx.builders.html",
    "pygments.lexers.python",
    "myst_parser.sphinx_ext.main",
    "sphinx_copybutton",
    "furo",
)
"""What a build loads by its name; a site may do without the last ones."""

for _name in COMMON:
    with contextlib.suppress(ImportError):
        importlib.import_module(_name)

# Plugins import much at their first use, some as late as at the end of a run.
with tempfile.TemporaryDirectory() as _empty, contextlib.redirect_stdout(io.StringIO()):
    pytest.main(["--rootdir", _empty, "-p", "no:cacheprovider", _empty])
