"""The process that builds the pages: one Sphinx for all builds, until one of them fails."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from livesnippets.page.build import JUDGED
from livesnippets.preview.complaints import Warnings, failure
from livesnippets.preview.events import BuildFailed, Built, Page, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

    from livesnippets.page.judge import Judgement
    from livesnippets.preview.events import Build
    from livesnippets.preview.folders import Folders


def build(connection: Connection, folders: Folders) -> None:
    """Build the pages at each `Build` that comes, and send `Built` or, at the end, `BuildFailed`.

    After a failure, Sphinx may be in any state: the next build needs another process.
    """
    with patch_docutils(folders.conf), docutils_namespace():
        builder = None
        while True:
            try:
                order: Build = connection.recv()
            except EOFError:  # the preview has ended
                return
            try:
                builder = builder or Builder(folders, anew=order.anew)
                connection.send(builder.build(order))
            except Exception as error:  # noqa: BLE001 - whatever conf.py, a page or the disk does
                connection.send(BuildFailed(failure(error, folders)))
                return


class Builder:
    """One Sphinx, and what it has to say of its builds."""

    def __init__(self, folders: Folders, *, anew: bool) -> None:
        self.folders = folders
        self._changed: frozenset[str] = frozenset()
        self._judgement: Judgement
        self._versions: dict[Path, tuple[int, str]] = {}
        overrides = {"livesnippets_strict": False, "livesnippets_root": str(folders.root)}
        self.app = Sphinx(
            folders.source,
            folders.conf,
            folders.pages,
            folders.doctrees,
            "html",
            overrides,
            status=None,
            warning=sys.stderr,
            freshenv=anew,
        )
        self._warnings = Warnings(folders)
        self.app.connect("env-get-outdated", self._made_from)
        self.app.connect("env-purge-doc", _forget_entries)
        self.app.connect(JUDGED, self._judged)

    def build(self, order: Build) -> Built:
        """Build what has changed, or everything."""
        begun = time.monotonic()
        self._changed = order.changed
        self._warnings.findings.clear()
        _forget_pages(self.app.env)
        self.app.build(force_all=order.anew)
        findings = {*self._warnings.findings, *self._judgement.findings}
        assets = hashlib.sha256()
        for file in sorted((self.folders.pages / "_static").rglob("*")):
            if file.is_file():
                assets.update(file.read_bytes())
        site = Site(
            tuple(sorted(findings)),
            dict(self._pages()),
            assets.hexdigest()[:12],
            frozenset(self._loaded()),
        )
        return Built(site, time.monotonic() - begun)

    def _judged(self, _app: Sphinx, judgement: Judgement) -> None:
        self._judgement = judgement

    def _made_from(self, _app: Sphinx, env: BuildEnvironment, *_: object) -> list[str]:
        """Return the pages that are made from one of the changed files.

        Sphinx compares times, and misses what is saved while it reads.
        """
        files = {str(self.folders.root / path) for path in self._changed}

        def sources(page: str) -> set[str]:
            included = (os.path.normpath(env.srcdir / path) for path in env.dependencies[page])
            return {str(env.doc2path(page)), *included}

        return [page for page in env.found_docs if files & sources(page)]

    def _finished(self, name: str) -> Path:
        builder: StandaloneHTMLBuilder = self.app.builder  # type: ignore[assignment] # it is
        return Path(builder.get_outfilename(name))

    def _pages(self) -> Iterator[tuple[str, Page]]:
        env, draft = self.app.env, Path(self.app.builder.outdir)
        sources = {
            self._finished(name): self.folders.name(env.doc2path(name)) for name in env.found_docs
        }
        for path, shown in sorted(self._judgement.shown.items()):
            version = self._version(self.folders.pages / path)
            yield path, Page(version, sources.get(draft / path, ""), shown)

    def _version(self, page: Path) -> str:
        """Return what changes when a page does; a page that was not written is not read."""
        written = page.stat().st_mtime_ns
        if self._versions.get(page, (0, ""))[0] != written:
            version = hashlib.sha256(page.read_bytes()).hexdigest()[:12]
            self._versions[page] = written, version
        return self._versions[page][1]

    def _loaded(self) -> Iterator[str]:
        """Yield what only a new Sphinx reads again: templates, themes, the repository's modules."""
        config = self.app.config
        for folder in (*config.templates_path, *config.html_theme_path):
            yield self.folders.name(self.folders.conf / folder)
        root, environment = f"{self.folders.root}/", f"{sys.prefix}/"
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None) or ""
            if file.startswith(root) and not file.startswith(environment):
                yield file.removeprefix(root)


def _forget_pages(env: BuildEnvironment) -> None:
    """Forget the pages as the last build had them, which may have been read again since.

    Sphinx counts on its process to end; its own tests, which build more than once, do the same.
    """
    env._pickled_doctree_cache.clear()  # noqa: SLF001 - there is no public way
    vars(env).pop("master_doctree", None)


def _forget_entries(_app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Take a page's entries out of the search index.

    Sphinx leaves those of a page that is gone, for it counts on its process to end, and then it
    cannot write the index.
    """
    getattr(env, "_search_index_index_entries", {}).pop(page, None)
