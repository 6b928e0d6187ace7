"""A published site as others get it: from a folder, or from an address."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ".html"
SECONDS = 30
"""How long a host may take to answer."""


class SiteError(Exception):
    """The site cannot be read; says what it is, why, and what to do."""


class Site(Protocol):
    """What can be asked of a site."""

    where: str
    """Its folder or its address."""

    def read(self, path: str) -> bytes | None:
        """Return a file, or None if there is none; raises `SiteError`."""

    def pages(self, known: dict[str, bytes]) -> Iterator[str]:
        """Yield the paths of pages, as far as they can be found from those that are `known`."""


def site_at(where: str) -> Site:
    """Return the site in a folder or at an address; raises `SiteError`."""
    return Address(where) if re.match(r"https?://", where) else Folder(Path(where))


class Folder:
    """A site that lies in a folder, where each page can be seen."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SiteError(f"{folder}: is no folder; name that of a site, or its address")
        self.folder = folder
        self.where = str(folder)

    def read(self, path: str) -> bytes | None:
        """Return a file."""
        file = self.folder / path
        try:
            return file.read_bytes() if file.is_file() else None
        except OSError as error:
            raise SiteError(f"{file}: cannot be read ({error.strerror})") from error

    def pages(self, _known: dict[str, bytes]) -> Iterator[str]:
        """Yield all pages."""
        for file in sorted(self.folder.rglob(f"*{PAGE}")):
            yield file.relative_to(self.folder).as_posix()


class Address:
    """A site at an address, where a page is found that another one or the sitemap names."""

    def __init__(self, address: str) -> None:
        self.where = address.removesuffix("index.html").rstrip("/")
        self.base = f"{self.where}/"

    def read(self, path: str) -> bytes | None:
        """Return what the host answers."""
        url = f"{self.base}{path}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - http or https, as `site_at` sees to
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            if error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                return None
            raise SiteError(f"{url}: the host answers {error.code}; try again later") from error
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise SiteError(f"{url}: cannot be read ({reason}); check the address") from error

    def pages(self, known: dict[str, bytes]) -> Iterator[str]:
        """Yield the pages that links lead to."""
        sitemap = (self.read("sitemap.xml") or b"").decode(errors="replace")
        links = {(self.base, found) for found in re.findall(r"<loc>\s*([^<\s]+)", sitemap)}
        for path, html in known.items():
            for link in LexborHTMLParser(html).css("a[href]"):
                links.add((f"{self.base}{path}", link.attributes["href"] or ""))
        found = {self._path(urldefrag(urljoin(page, link)).url) for page, link in links}
        for path in sorted(found - known.keys()):
            if path.endswith(PAGE) and self.read(path) is not None:
                yield path

    def _path(self, url: str) -> str:
        """Return the path of a page of this site; empty for anything else."""
        path = url.partition("?")[0]
        if not path.startswith(self.base):
            return ""
        path = path.removeprefix(self.base)
        return f"{path}index{PAGE}" if path.endswith("/") or not path else path
