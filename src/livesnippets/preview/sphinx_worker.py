"""The process that builds the pages: one Sphinx for all builds, until one of them fails."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils
from sphinx.util.logging import NAMESPACE, OnceFilter, SafeEncodingWriter, WarningStreamHandler

from livesnippets.evidence.output import as_shown
from livesnippets.finding import Finding, Kind, Place
from livesnippets.page.extension import JUDGED
from livesnippets.preview.events import BuildFailed, Built, Page, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

    from livesnippets.page.judge import Judgement
    from livesnippets.preview.events import Build

AUDIT = f"{NAMESPACE}.livesnippets.page.extension"
"""The logger of the audit, whose findings come whole, too."""


@dataclass(frozen=True)
class Folders:
    """Where Sphinx reads and writes."""

    root: Path
    source: Path
    conf: Path
    pages: Path
    doctrees: Path
    log: Path
    """Takes what the processes say."""


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
                connection.send(BuildFailed(_failure(error, folders)))
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
        self._warnings = _Warnings(folders)
        self.app.connect("env-get-outdated", self._made_from)
        self.app.connect("env-purge-doc", _forget_entries)
        self.app.connect(JUDGED, self._judged)

    def build(self, order: Build) -> Built:
        """Build what has changed, or everything."""
        begun = time.monotonic()
        self._changed = order.changed
        self._warnings.findings.clear()
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

    def _pages(self) -> Iterator[tuple[str, Page]]:
        builder: StandaloneHTMLBuilder = self.app.builder  # type: ignore[assignment] # it is
        env, folder = self.app.env, self.folders.pages
        sources = {
            Path(builder.get_outfilename(name)): self._named(env.doc2path(name))
            for name in env.found_docs
        }
        for path, shown in sorted(self._judgement.shown.items()):
            version = self._version(folder / path)
            yield path, Page(version, sources.get(folder / path, ""), shown)

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
            yield self._named(self.folders.conf / folder)
        root, environment = f"{self.folders.root}/", f"{sys.prefix}/"
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None) or ""
            if file.startswith(root) and not file.startswith(environment):
                yield file.removeprefix(root)

    def _named(self, path: Path) -> str:
        return _from_root(path, self.folders.root)


def _forget_entries(_app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Take a page's entries out of the search index.

    Sphinx leaves those of a page that is gone, for it counts on its process to end, and then it
    cannot write the index.
    """
    getattr(env, "_search_index_index_entries", {}).pop(page, None)


class _Warnings(WarningStreamHandler):
    """Keeps Sphinx's warnings as findings, in the place of the handler that writes them.

    Sphinx knows that by its type, and holds back what it is not to see yet.
    """

    def __init__(self, folders: Folders) -> None:
        super().__init__(SafeEncodingWriter(sys.stderr))
        self.setLevel(logging.WARNING)
        self.folders = folders
        self.findings: list[Finding] = []
        logger = logging.getLogger(NAMESPACE)
        for writer in logger.handlers[:]:
            if isinstance(writer, WarningStreamHandler):
                # What is said once only, is to be said in each build.
                self.filters = [one for one in writer.filters if not isinstance(one, OnceFilter)]
                logger.removeHandler(writer)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning with its place, which is that of ``conf.py`` if it has none."""
        if record.name == AUDIT:
            return
        location = getattr(record, "location", None) or str(self.folders.conf / "conf.py")
        path, _, line = location.rpartition(":")
        if line and not line.isdigit():
            path, line = location, ""
        place = Place(_from_root(Path(path), self.folders.root), int(line or 1))
        said = logging.LogRecord.getMessage(record)  # Sphinx's own has the place in it
        self.findings.append(Finding(place, Kind.SPHINX, _in_one_line(said)))


def _failure(error: Exception, folders: Folders) -> Finding:
    """Return why a build could not finish; Sphinx's own errors are mostly of ``conf.py``."""
    traceback.print_exception(error)
    log = _from_root(folders.log, folders.root)
    cure = f"{log} has the traceback"
    if isinstance(error, SphinxError):
        place = Place(_from_root(folders.conf / "conf.py", folders.root))
        return Finding(place, Kind.SPHINX, _in_one_line(str(error)), cure)
    message = _in_one_line(f"{type(error).__name__}: {error}")
    return Finding(Place(log), Kind.SPHINX, message, cure)


def _in_one_line(text: str) -> str:
    return " ".join(as_shown(text).split())


def _from_root(path: Path, root: Path) -> str:
    """Return a path from the repository's root, if it lies there."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
