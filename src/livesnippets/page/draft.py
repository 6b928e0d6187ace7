"""Let Sphinx build beside the output folder, where nobody takes the pages for judged."""

from __future__ import annotations

import fcntl
import os
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sphinx.errors import ExtensionError
from sphinx.util import logging

from livesnippets.page import published

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)
PAGES = (".html", ".htm", ".xhtml", ".xht", ".shtml")
"""How the names of pages end, unless a builder or ``html_file_suffix`` says otherwise."""
LIST = "llms.txt"
"""The list of the pages' twins."""
COMPANIONS = TWIN, NOTEBOOK, CODE = (".md", ".ipynb", ".zip")
"""How the names end of what lies beside a page, to be taken along."""


class Draft:
    """The site of one output folder, from the first page that Sphinx writes to the verdict.

    It stays for the next build, which writes what is new.
    """

    folder: Path
    published: Path
    """The output folder."""
    _lock: TextIO | None = None

    def __init__(self, app: Sphinx) -> None:
        """Have all builders of HTML write here: when one of them is made, it asks where."""
        self.app = app
        builders = app.registry.builders
        for name, builder in builders.items():
            if builder.format == "html":
                builders[name] = partial(self._make, builder)  # type: ignore[assignment] # a factory

    def _make(self, builder: type[Builder], app: Sphinx, env: BuildEnvironment) -> Builder:
        self.published = Path(app.outdir)
        kept = _beside(app)
        self.folder = kept / "html"
        self.folder.mkdir(parents=True, exist_ok=True)
        (kept / ".gitignore").write_text("*\n")
        app.outdir = self.folder
        return builder(app, env)

    def begin(self, documents: Collection[Path], *, anew: bool) -> None:
        """Wait for other builds, and leave of the last one no page but those of `documents`.

        Whatever else is a page, or is downloaded, Sphinx makes in each build. One that begins
        `anew` makes everything: what the last one left would only tell of what is gone.
        """
        self._lock = (self.folder.parent / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("waiting for another build of %s to end", self.published)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        if anew:
            shutil.rmtree(self.folder)
            self.folder.mkdir()
        accompanied = documents if self.app.config.livesnippets_companions else ()
        for page in self.pages():
            if page not in accompanied:
                for suffix in COMPANIONS:
                    page.with_suffix(suffix).unlink(missing_ok=True)
            if page not in documents:
                page.unlink()
        (self.folder / LIST).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "_downloads", ignore_errors=True)

    def pages(self) -> list[Path]:
        """Return all pages, in whatever folder."""
        ends = (*PAGES, getattr(self.app.builder, "out_suffix", PAGES[0]))
        named = (page for page in self.folder.rglob("*") if page.name.lower().endswith(ends))
        return [page for page in named if page.is_file()]

    def copy_sources(self, root: Path, modules: Iterable[str]) -> None:
        """Put the modules that pages show beside the sources of the pages; remove other copies."""
        env, suffix = self.app.env, self.app.config.html_sourcelink_suffix
        documents = {env.doc2path(name, base=False).as_posix() for name in env.found_docs}
        kept = {*documents, *(f"{path}{suffix}" for path in documents)}
        sources = self.folder / "_sources"
        for path in modules:
            self.put((root / path).read_bytes(), sources / f"{path}.txt")
            kept.add(f"{path}.txt")
        for copy in sources.rglob("*"):
            if copy.is_file() and copy.relative_to(sources).as_posix() not in kept:
                copy.unlink()

    def put_replays(self, replays: Mapping[str, str]) -> None:
        """Put the scripts that pages load when a recording is replayed where they look for them."""
        for name, script in replays.items():
            self.put(script.encode(), self._replays / f"{name}.js")

    def keep_replays(self, names: Collection[str]) -> None:
        """Remove the replays of recordings that no page shows any more."""
        for file in self._replays.glob("*.js"):
            if file.stem not in names:
                file.unlink()

    @property
    def _replays(self) -> Path:
        return self.folder / "_static/replays"

    def put(self, content: bytes, file: Path) -> None:
        """Write a file of the site, if it is new."""
        # Pages may be written in parallel.
        unfinished = self.folder.parent / f"unfinished-{os.getpid()}"
        published.put(content, file, unfinished)

    def end(self, *, publish: bool) -> None:
        """Publish the site, or see that none is published; let other builds begin."""
        try:
            if publish:
                published.publish(self.folder, self.published)
            else:
                made = [*self.pages(), *self.folder.glob("*.epub")]  # which holds the pages
                names = (file.relative_to(self.folder).as_posix() for file in made)
                published.withdraw(self.published, names)
        except OSError as error:
            raise ExtensionError(f"{self.published}: cannot take the site ({error})") from error
        finally:
            self.release()

    def release(self) -> None:
        """Let other builds begin; the system does so when a process ends."""
        if self._lock is not None:
            self._lock.close()

    @property
    def epilog(self) -> str:
        """What Sphinx says at its end, which would name this folder."""
        where = os.path.relpath(self.published).replace("%", "%%")
        return self.app.builder.__class__.epilog.replace("%(outdir)s", where)


def _beside(app: Sphinx) -> Path:
    """Return a folder for the draft: among Sphinx's data, which no tool watches or publishes.

    If these lie in the output folder, then beside that, but for one that lies among the sources.
    """
    data, output = Path(app.doctreedir), Path(app.outdir)
    if data.is_relative_to(output) and not output.is_relative_to(app.srcdir):
        data = output.parent
    return data / f".{output.name}-draft"
