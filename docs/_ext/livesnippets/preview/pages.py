"""What the preview knows of the finished pages: when each changed, and which blocks it shows."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = re.compile(r'<div class="snippet" data-snippet="([^"]+\.py)"')


@dataclass(frozen=True)
class Page:
    """One finished page."""

    written: int
    """When, in nanoseconds."""
    version: str
    """Changes when the page's text does."""
    blocks: frozenset[str]
    """The snippet modules that it shows."""


class Pages:
    """The finished pages in a folder, by the path of their address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: dict[str, Page] = {}
        self.assets = ""
        """Changes when a style sheet, script or picture does."""

    def look(self) -> None:
        """Read what was written since the last look."""
        found = {}
        for file in self.folder.rglob("*.html"):
            path = file.relative_to(self.folder).as_posix()
            if path.startswith("_static/"):
                continue
            written = file.stat().st_mtime_ns
            known = self.all.get(path)
            found[path] = known if known and known.written == written else _read(file, written)
        self.all = found
        static = sorted((self.folder / "_static").rglob("*"))
        digest = hashlib.sha256()
        for file in static:
            if file.is_file():
                digest.update(file.read_bytes())
        self.assets = digest.hexdigest()[:12]

    def version(self, path: str) -> str:
        """Return what changes when the page at an address, or what it loads, does."""
        path = path.removeprefix("/")
        page = self.all.get(f"{path}index.html" if path.endswith("/") or not path else path)
        return f"{page.version}-{self.assets}" if page else ""

    @property
    def versions(self) -> dict[str, str]:
        """The version of every page."""
        return {path: self.version(path) for path in self.all}

    def showing(self, block: str) -> str | None:
        """Return the first page that shows a snippet module."""
        return next((path for path, page in sorted(self.all.items()) if block in page.blocks), None)


def _read(file: Path, written: int) -> Page:
    text = file.read_text(encoding="utf-8")
    blocks = frozenset(map(unescape, BLOCK.findall(text)))
    return Page(written, hashlib.sha256(text.encode()).hexdigest()[:12], blocks)
