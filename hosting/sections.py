"""The index of the search: the words of each section, code included, with its address.

Sphinx's own index knows only on which page a word is. What proves a block or a sentence is no part
of what an author wrote, so it is not in here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

INDEX = "sections.js"
"""A script: a page that is opened from a file may load nothing else. It changes with each page, so
it lies beside them, not among the scripts of which the preview loads all pages anew."""


def _kept(env: BuildEnvironment) -> dict[str, list[tuple[str, str, str]]]:
    """Return the sections of all pages: anchor, heading, words; Sphinx keeps them with the rest."""
    if not hasattr(env, "site_sections"):
        env.site_sections = {}  # type: ignore[attr-defined] # ours
    kept: dict[str, list[tuple[str, str, str]]] = env.site_sections  # type: ignore[attr-defined]
    return kept


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Note the sections of a page that was read."""
    _kept(app.env)[app.env.current_document.docname] = [
        (section["ids"][0], *_words(section)) for section in doctree.findall(nodes.section)
    ]


def merge(
    _: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over the pages that another process has read."""
    _kept(env).update({name: _kept(other)[name] for name in docnames})


def forget(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is gone, or is about to be read again."""
    _kept(env).pop(docname, None)


def _words(section: nodes.section) -> tuple[str, str]:
    """Return the heading of a section and its text, without the sections in it."""
    heading, *rest = (each for each in section.children if not isinstance(each, nodes.section))
    return heading.astext(), " ".join(" ".join(each.astext() for each in rest).split())


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write a list of sections: address, title of the page, heading, words.

    The first section of a page is the page itself, and has no heading but the page's title.
    """
    if exception is not None or not getattr(app.builder, "search", False):
        return
    found: list[tuple[str, str, str, str]] = []
    for docname, sections in sorted(_kept(app.env).items()):
        address = app.builder.get_target_uri(docname)
        for number, (anchor, heading, words) in enumerate(sections):
            title = sections[0][1]
            own = (f"{address}#{anchor}", title, heading) if number else (address, title, "")
            found.append((*own, words))
    index = json.dumps(found, separators=(",", ":"))
    Path(app.outdir, INDEX).write_text(f"const sections = {index};\n", encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the handlers."""
    app.connect("doctree-read", note)
    app.connect("env-merge-info", merge)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", write)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
