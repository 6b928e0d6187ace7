"""Imported once by the server that all warm processes are forked from: it does what they share."""

from __future__ import annotations

import contextlib
import io
import tempfile

import pytest

import livesnippets.preview.builder
import livesnippets.preview.runner  # noqa: F401 - each imports what it needs

# Plugins import much at their first use, some as late as at the end of a run.
with tempfile.TemporaryDirectory() as _empty, contextlib.redirect_stdout(io.StringIO()):
    pytest.main(["--rootdir", _empty, "-p", "no:cacheprovider", _empty])
