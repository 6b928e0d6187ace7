"""Beside each page of a site its Markdown twin, and at the root ``llms.txt``, which leads to them.

The form of that list is llmstxt.org's: a title, a summary, and a section for each toctree.
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

from livesnippets.page.draft import LIST, twin_of
from livesnippets.page.markup import markup
from livesnippets.page.twin import twin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment

    from livesnippets.page.draft import Draft

NO_PROSE = ("#", "`", "|", "- ", "**", "[^", "!", ":")
"""What a paragraph begins with that says nothing of its page."""
LINK = re.compile(r"\[\^\d+\]|!?\[([^\]]*)\]\([^)]*\)")
SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)


@dataclass
class Twins:
    """The twins of the pages that a builder has made of documents."""

    builder: StandaloneHTMLBuilder
    draft: Draft

    def __post_init__(self) -> None:
        names = {name: Path(self.builder.get_outfilename(name)) for name in self._env.found_docs}
        self.pages = {name: page for name, page in names.items() if page.is_file()}
        self._twins = {page: twin_of(page) for page in self.pages.values()}

    @property
    def _env(self) -> BuildEnvironment:
        return self.builder.env

    def write(self, summary: str) -> None:
        """Write what is new: a twin is as old as its page."""
        for page, file in self._twins.items():
            written = page.stat().st_mtime_ns
            if not file.is_file() or file.stat().st_mtime_ns != written:
                text = twin(markup(page), partial(self._link, page))
                self.draft.put(text.encode(), file)
                os.utime(file, ns=(written, written))
        listed = self.draft.folder / LIST
        if not listed.exists():  # else the project has written its own
            self.draft.put(self._list(summary).encode(), listed)

    def _link(self, page: Path, address: str) -> str:
        """Return where an address of a page leads from its twin: to another twin, if it can."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path:
            return address
        target = Path(os.path.normpath(page.parent / unquote(parts.path)))
        file = self._twins.get(target) or self._twins.get(target / page.name)
        if file is None:
            return address
        path = quote(Path(os.path.relpath(file, page.parent)).as_posix())
        return parts._replace(path=path).geturl()

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
        return twin_of(self.pages[name]).read_text(encoding="utf-8")

    def _address(self, name: str) -> str:
        return quote(twin_of(self.pages[name]).relative_to(self.draft.folder).as_posix())


def _said(text: str) -> str:
    """Return the first paragraph of a page, on one line and without its links."""
    for paragraph in text.split("\n\n"):
        if not paragraph.startswith(NO_PROSE):
            return " ".join(LINK.sub(r"\1", paragraph).split())
    return ""
