"""Imported once by the server that all warm processes are forked from: it does what they share.

Much is imported, compiled and looked up at its first use, so everything is used once: a small
site is built, and pytest is run where there are no tests.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import tempfile
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

import livesnippets.preview.pytest_worker  # noqa: F401 - each imports what it needs

OPTIONAL = "myst_parser", "sphinx_copybutton", "furo"
"""What a site may do without."""
MODULE = "snippets/poll.py"
CODE = '''"""A docstring."""

import ray


@ray.remote
class Poll:
    async def run(self, *, number: int = 0) -> str:
        return f"{number + 1:>4}"  # a comment
'''
PAGE = f"""
Title
=====

Some *prose* with a `link <https://docs.ray.io>`__, ``code`` and a list:

- first

.. note:: A note.

.. literalinclude:: /../{MODULE}
   :pyobject: Poll.run

.. code-block:: console

   $ make
"""


def _build(root: Path) -> None:
    """Build a small site as the preview does; what it is like does not matter."""
    there = [name for name in OPTIONAL if importlib.util.find_spec(name)]
    extensions = [*(name for name in there if name != "furo"), "livesnippets"]
    theme = "furo" if "furo" in there else "alabaster"
    files = {
        "conf.py": f"extensions = {extensions!r}\nhtml_theme = {theme!r}\n",
        "docs/index.rst": PAGE,
        "docs/other.md": "# Title\n\nSome *prose* with `code`.\n",
        "pyproject.toml": "",
        MODULE: CODE,
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    build = root / "build"
    with patch_docutils(root), docutils_namespace():
        Sphinx(
            root / "docs",
            root,
            build / "html",
            build / "doctrees",
            "html",
            {"livesnippets_strict": False},
            status=None,
            warning=io.StringIO(),
        ).build()


with tempfile.TemporaryDirectory() as _folder, contextlib.redirect_stdout(io.StringIO()):
    _build(Path(_folder) / "site")
    pytest.main(["--rootdir", _folder, "-p", "no:cacheprovider", f"{_folder}/site/docs"])
gc.collect()
gc.freeze()  # no collection looks at all this again, in no child and not at the end
