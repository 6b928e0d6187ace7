"""The same code executed by myst-nb: notebooks under sphinx-autobuild, and an edit of one."""

from __future__ import annotations

import contextlib
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from bench.autobuild import autobuild
from bench.notebook import CONF, module_notebook, page_notebook
from bench.process import python, run
from bench.site import ROOT
from bench.window import HAS_TEXT, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

VENV = ROOT / "build/bench/venv"
PEERS = ("myst-nb", "sphinx", "furo", "ipykernel", "sphinx-autobuild")


def install() -> Path:
    """Return the Python of an environment with myst-nb and our Ray, made if need be."""
    peer, ready = VENV / "bin/python", VENV / "ready"
    packages = [f"ray=={metadata.version('ray')}", *PEERS]
    wanted = f"{sys.version}\n{packages}"
    if not ready.exists() or ready.read_text() != wanted:
        run(python("-m", "venv", "--clear", VENV), ROOT)
        run([peer, "-m", "pip", "install", "--quiet", *packages], ROOT)
        ready.write_text(wanted)
    return peer


@contextlib.contextmanager
def notebooks(
    folder: Path, site: Path, notebook_of: dict[str, str], browser: Browser, *, alone: bool
) -> Iterator[Callable[[str, str, str], float]]:
    """Serve the site's code as notebooks; give a function that times an edit.

    `notebook_of` has the page of each module, which becomes a notebook; if `alone`, each module
    has one of its own. The function takes a module, its new text, and what is new in that text.
    """
    pages = folder / "docs"
    pages.mkdir(parents=True)

    def write(module: str) -> str:
        name = module.removesuffix(".py") if alone else notebook_of[module]
        name = name.replace("/", "-")
        text = module_notebook(site, module) if alone else page_notebook(site, notebook_of[module])
        (pages / f"{name}.md").write_text(text)
        return name

    def edit(module: str, text: str, new: str) -> float:
        name = write(module)
        window = Window.open(browser, f"{address}/{name}.html")
        (site / module).write_text(text)
        seconds = window.time(lambda: write(module), HAS_TEXT, new)
        window.close()
        return seconds

    for module in notebook_of:
        write(module)
    (pages / "conf.py").write_text(CONF)
    (pages / "index.md").write_text("# Notebooks\n\n```{toctree}\n:glob:\n*\n```\n")
    variables = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_DATA_DIR": str(folder / "jupyter")}
    with autobuild(install(), folder, ("docs", "html"), variables) as address:
        yield edit
