"""A warm process that builds the pages once."""

from __future__ import annotations

import contextlib
import io
import os
import re
import traceback
from functools import partial
from typing import TYPE_CHECKING

import jinja2
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from livesnippets.evidence.output import as_shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

SAID = re.compile(r"^(.*?): (?:WARNING|ERROR|SEVERE|CRITICAL): (.*)$")
LATER = ("index_page", "finish")
"""The steps that can wait: what they write, no other page loads."""
TEMPLATES = ("page.html", "search.html", "genindex.html")


def build(connection: Connection, root: Path, clean: bool) -> None:  # noqa: FBT001 - by position only
    """Prepare Sphinx, wait for the order, build, and send ``("built", problems)``.

    The order is the paths of changed files; the pages made from them are read again in any case.
    A problem is ``path:line: what is wrong``. As soon as the pages are there, ``("written",
    problems)`` is sent, before the search index and what else no author waits for. ``("broken",
    why)`` is sent when Sphinx cannot finish: then the pages are those of the last build, or so.
    """
    complaints = io.StringIO()
    app, broken = None, ""
    with contextlib.suppress(EOFError), patch_docutils(root), docutils_namespace():
        try:
            app = _prepared(root, complaints, clean=clean)
            _rehearse(app)
        except Exception as error:  # noqa: BLE001 - whatever conf.py does
            broken = _in_one_line(error, root)
        connection.send(("ready", None))
        changed = connection.recv()  # EOFError: the preview has ended
        try:
            if app is not None:
                app.connect("env-get-outdated", partial(_made_from, changed, root))
                builder: StandaloneHTMLBuilder = app.builder  # type: ignore[assignment] # ours
                later = _put_off(builder)
                app.build(force_all=clean)
                builder.copy_image_files()  # a page shows them
                connection.send(("written", _problems(complaints.getvalue(), root)))
                os.nice(19)  # the browsers come first
                _do(later, app)
        except Exception as error:  # noqa: BLE001 - whatever a page or the disk does
            broken = _in_one_line(error, root)
        problems = _problems(complaints.getvalue(), root)
        connection.send(("broken", broken) if broken else ("built", problems))


def _made_from(
    changed: set[str], root: Path, _app: Sphinx, env: BuildEnvironment, *_: object
) -> list[str]:
    """Return the pages that are made from one of the changed files."""
    files = {str(root / path) for path in changed}

    def sources(page: str) -> set[str]:
        included = (os.path.normpath(env.srcdir / path) for path in env.dependencies[page])
        return {str(env.doc2path(page)), *included}

    return [page for page in env.found_docs if files & sources(page)]


def _prepared(root: Path, complaints: io.StringIO, *, clean: bool) -> Sphinx:
    build = root / "build"
    app = Sphinx(
        root / "docs",
        root,
        build / "preview",
        build / "preview-doctrees",
        "html",
        {"livesnippets_strict": False},
        status=None,
        warning=complaints,
        freshenv=clean,
    )
    cache = build / "preview-templates"
    cache.mkdir(exist_ok=True)
    with contextlib.suppress(jinja2.TemplateNotFound, AttributeError):
        environment = app.builder.templates.environment
        environment.bytecode_cache = jinja2.FileSystemBytecodeCache(str(cache))
        for template in TEMPLATES:
            environment.get_template(template)
    return app


def _rehearse(app: Sphinx) -> None:
    """Look which pages are out of date, as a build does first: what is the same then, is known."""
    app.emit("env-get-outdated", app.env, set(), set(), set())


def _put_off(builder: StandaloneHTMLBuilder) -> list[Callable[[], None]]:
    """Let some of a build's steps wait, and return the list in which they will be found."""
    later: list[Callable[[], None]] = []
    for name in LATER:
        step = getattr(builder, name)
        setattr(builder, name, lambda *given, step=step: later.append(partial(step, *given)))
    return later


def _do(later: list[Callable[[], None]], app: Sphinx) -> None:
    """Take the steps; after a failure the next build begins with nothing, as Sphinx has it."""
    try:
        for step in later:
            step()
        app.builder.finish_tasks.join()
    except Exception:
        (app.doctreedir / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
        raise


def _problems(said: str, root: Path) -> list[str]:
    """Return the warnings, each in one line, with paths from the repository's root."""
    lines = as_shown(said).replace(f"{root}/", "").splitlines()
    return [f"{found[1]}: {found[2]}" for line in lines if (found := SAID.match(line))]


def _in_one_line(error: Exception, root: Path) -> str:
    traceback.print_exception(error)  # into the log
    text = str(error) if isinstance(error, SphinxError) else f"{type(error).__name__}: {error}"
    return " ".join(as_shown(text).replace(f"{root}/", "").split())
