"""What lies beside each page of a site: its Markdown twin, a notebook, its code in an archive.

At the root ``llms.txt`` leads to the twins, in the form of llmstxt.org: a title, a summary, and a
section for each toctree.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from sphinx import addnodes

from livesnippets.page.bundle import bundle
from livesnippets.page.draft import CODE, COMPANIONS, LIST, NOTEBOOK, TWIN
from livesnippets.page.markup import markup
from livesnippets.page.notebook import notebook
from livesnippets.page.twin import parts, text_of
from livesnippets.source.imports import with_imports

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

    from livesnippets.page.draft import Draft
    from livesnippets.settings import Settings

NO_PROSE = ("#", "`", "|", "- ", "**", "[^", "!", ":")
"""What a paragraph begins with that says nothing of its page."""
HERE = "\ufdd1"
"""Stands before an address that begins at the page's own, wherever that will be."""
LINK = re.compile(r"\[\^\d+\]|!?\[([^\]]*)\]\([^)]*\)")
SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)


@dataclass
class Companions:
    """What lies beside the pages that a builder has made of documents."""

    builder: StandaloneHTMLBuilder
    draft: Draft
    settings: Settings
    shown: Mapping[str, Collection[str]]
    """The modules that each page shows, by its path in the site."""

    def __post_init__(self) -> None:
        names = {name: Path(self.builder.get_outfilename(name)) for name in self._env.found_docs}
        self.pages = {name: page for name, page in names.items() if page.is_file()}
        self._places = set(self.pages.values())

    @property
    def _env(self) -> BuildEnvironment:
        return self.builder.env

    def write(self, summary: str) -> None:
        """Write what is new, and the list of all twins unless the project has its own."""
        for page in self._places:
            self._accompany(page)
        listed = self.draft.folder / LIST
        if not listed.exists():
            self.draft.put(self._list(summary).encode(), listed)

    def _accompany(self, page: Path) -> None:
        """Write what lies beside a page; each is as old as the page, so it is known as current."""
        root, written = self.settings.root, page.stat().st_mtime_ns
        place = page.relative_to(self.draft.folder).as_posix()
        shown = self.shown.get(place, ())
        files = with_imports(root, shown)
        suffixes = COMPANIONS if len(files) > 1 else (TWIN, NOTEBOOK) if files else (TWIN,)
        beside = {suffix: page.with_suffix(suffix) for suffix in COMPANIONS}
        for suffix in COMPANIONS:
            if suffix not in suffixes:
                beside[suffix].unlink(missing_ok=True)
        wanted = [beside[suffix] for suffix in suffixes]
        if all(_time_of(file) == written for file in wanted):
            return  # what its modules import is in the evidence, so the page would be new, too
        divided = parts(markup(page), partial(self._link, page))
        site = self._env.config.html_baseurl  # there a notebook leads, which leaves its place
        base = f"{site.rstrip('/')}/{quote(place)}".rpartition("/")[0] + "/" if site else ""
        made = {
            TWIN: lambda: text_of(divided).replace(HERE, "").encode(),
            NOTEBOOK: lambda: notebook(root, shown, divided).replace(HERE, base).encode(),
            CODE: lambda: bundle(root, files),
        }
        for suffix in suffixes:
            self.draft.put(made[suffix](), beside[suffix])
            os.utime(beside[suffix], ns=(written, written))

    def _link(self, page: Path, address: str) -> str:
        """Return where an address of a page leads from its twin: to another twin, if it can."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path:
            return address
        target = Path(os.path.normpath(page.parent / unquote(parts.path)))
        for found in {target, target / page.name} & self._places:
            twin = found.with_suffix(TWIN)
            path = quote(Path(os.path.relpath(twin, page.parent)).as_posix())
            return HERE + parts._replace(path=path).geturl()
        return HERE + address

    def _list(self, summary: str) -> str:
        root = self._env.config.root_doc
        front = _said(self._text(root))
        parts = [
            f"# {self._env.config.project}",
            *(f"> {said}" for said in [front] if said),
            f"{summary}. [The front page]({self._address(root)})",
        ]
        for caption, names in self._sections(root):
            parts.append(f"## {caption}")
            parts.append("\n".join(map(self._entry, names)))
        return "\n\n".join(parts) + "\n"

    def _sections(self, root: str) -> Iterator[tuple[str, list[str]]]:
        """Yield the toctrees of the front page, each with all that it leads to."""
        for toctree in self._env.get_doctree(root).findall(addnodes.toctree):
            found: dict[str, None] = {}
            to_do = list(toctree["includefiles"])
            while to_do:
                name = to_do.pop(0)
                if name not in found:
                    found[name] = None
                    to_do[:0] = self._env.toctree_includes.get(name, ())
            if names := [name for name in found if name in self.pages]:
                yield toctree.get("caption") or "Pages", names

    def _entry(self, name: str) -> str:
        said = SENTENCE.match(_said(self._text(name)))
        title = self._env.titles[name].astext()
        return f"- [{title}]({self._address(name)})" + (f": {said[0]}" if said else "")

    def _text(self, name: str) -> str:
        return self.pages[name].with_suffix(TWIN).read_text(encoding="utf-8")

    def _address(self, name: str) -> str:
        twin = self.pages[name].with_suffix(TWIN)
        return quote(twin.relative_to(self.draft.folder).as_posix())


def _time_of(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


def _said(text: str) -> str:
    """Return the first paragraph of a page, on one line and without its links."""
    for paragraph in text.split("\n\n"):
        if not paragraph.startswith(NO_PROSE):
            return " ".join(LINK.sub(r"\1", paragraph).split())
    return ""
