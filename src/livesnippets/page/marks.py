"""What an element of a finished page says of itself, for the audit: in ``data-`` attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from selectolax.lexbor import LexborHTMLParser

from livesnippets.finding import Finding, Kind, Place
from livesnippets.page.languages import languages_of, python_in
from livesnippets.page.nodes import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selectolax.lexbor import LexborNode

REBUILD = "run 'make clean html'"
BLOCKS = "pre, textarea, xmp, listing, plaintext, iframe[srcdoc]"
"""What shows text as it stands, or holds a page of its own."""


@dataclass(frozen=True)
class Mark:
    """The mark of a block: where it comes from, and the verdict that it shows."""

    place: Place
    origin: Origin
    state: str
    fingerprint: str
    path: str = ""
    first: int = 0
    last: int = 0
    digest: str = ""
    finding: Finding | None = None
    """Why a block without an origin must not be published."""

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes that `read` understands."""
        written = {
            "data-page": str(self.place),
            "data-origin": self.origin,
            "data-snippet": self.path,
            "data-lines": f"{self.first}-{self.last}" if self.first else "",
            "data-digest": self.digest,
            "data-evidence": self.state,
            "data-proof": self.fingerprint,
            "data-finding": msgspec.json.encode(self.finding).decode() if self.finding else "",
        }
        return {name: value for name, value in written.items() if value}

    @classmethod
    def read(cls, attributes: Mapping[str, str | None]) -> Mark:
        """Return the mark that an element bears; raises `ValueError` or `KeyError`."""
        known = {name: value or "" for name, value in attributes.items()}
        first, _, last = known.get("data-lines", "0-0").partition("-")
        finding = known.get("data-finding")
        origin = Origin(known["data-origin"])
        if origin is not Origin.NONE and not (known["data-snippet"] and int(first) > 0):
            message = "code that comes from no lines of a file"
            raise ValueError(message)
        return cls(
            place=Place.parse(known["data-page"]),
            origin=origin,
            state=known["data-evidence"],
            fingerprint=known.get("data-proof", ""),
            path=known.get("data-snippet", ""),
            first=int(first),
            last=int(last),
            digest=known.get("data-digest", ""),
            finding=msgspec.json.decode(finding, type=Finding) if finding else None,
        )


def broken(element: LexborNode, page: str) -> Finding:
    """Return the finding on an element of a page whose mark is not as it was written."""
    try:
        place = Place.parse(element.attributes.get("data-page") or "")
    except ValueError:
        place = Place(page)
    return Finding(place, Kind.OUTDATED, "broken mark", REBUILD)


def strays(tree: LexborHTMLParser) -> Iterator[tuple[Kind, str, str]]:
    """Yield what is wrong with each block of Python that is in no element with a mark."""
    for block in tree.css(BLOCKS):
        if _is_marked(block):
            continue
        if page := block.attributes.get("srcdoc"):
            yield from strays(LexborHTMLParser(page))
        elif problem := python_in(languages_of(block), block.text()):
            yield problem


def _is_marked(block: LexborNode) -> bool:
    node: LexborNode | None = block.parent
    while node is not None:
        if node.attributes.keys() & {"data-evidence", "data-display"}:
            return True
        node = node.parent
    return False
