"""What the preview says of its state, in the terminal and to the browsers."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from livesnippets.page.claims import definition_of
from livesnippets.preview.decide import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from livesnippets.finding import Finding
    from livesnippets.preview.events import Site
    from livesnippets.preview.state import Layout, State


LONG_SECONDS = 10
"""A test that runs for longer is named in the terminal, as often as that."""


def news(before: State, now: State) -> Iterator[str]:
    """Yield the lines that a change of the state is worth: what is new, and the end of all work."""
    found, known = now.findings, before.findings
    yield from (str(each) for each in found if each not in known)
    if doing(before) and not doing(now):
        problems = f", {count_of(len(found), 'problem')}" if found else ""
        yield f"up to date{problems}"


def doing(state: State) -> str:
    """Return what the preview is at, in a few words; nothing when all is done."""
    parts = ["building"] if state.building is not None else []
    if state.testing:
        parts.append(_testing(state))
    return " and ".join(parts)


def _testing(state: State) -> str:
    if not state.ray:
        return "starting Ray"
    if state.run is None:
        return "testing"
    total = len({*state.run.pending, *state.run.outcomes})
    return f"testing, {len(state.run.outcomes)} of {count_of(total, 'test')} done"


def longest(state: State) -> tuple[str, float] | None:
    """Return which test runs for longest, by its short name, and when it began."""
    if state.run is None or not state.run.left:
        return None
    runs = {n: when for n, when in state.run.begun.items() if n not in state.run.outcomes}
    if not runs:
        return None
    name = min(runs, key=runs.__getitem__)
    return name.partition("::")[2], runs[name]


def lasting(state: State, now: float) -> str:
    """Return what to say of a test that runs for long; nothing if none does."""
    if (found := longest(state)) is None or now - found[1] < LONG_SECONDS:
        return ""
    return f"running {found[0]}, {now - found[1]:.0f} s"


def message(state: State) -> dict[str, Any]:
    """Return what a browser is told."""
    return {
        "doing": doing(state),
        "longest": longest(state),
        "running": running(state),
        "claims": claims(state),
        "problems": [
            {
                "text": str(each),
                "href": address(each, state.site),
                "editor": in_editor(each, state.layout),
            }
            for each in state.findings
        ],
        "pages": {path: page.version for path, page in state.site.pages.items()},
        "assets": state.site.assets,
    }


def running(state: State) -> dict[str, int]:
    """Return how many tests of each snippet module have yet to show what they found."""
    counts: dict[str, int] = {}
    for blocks in state.run.pending.values() if state.run is not None else ():
        for block in blocks:
            counts[block] = counts.get(block, 0) + 1
    return counts


def claims(state: State) -> list[str]:
    """Return the tests, as claims name them, that have yet to show what they found."""
    return sorted({definition_of(name) for name in state.run.pending}) if state.run else []


def address(finding: Finding, site: Site) -> str | None:
    """Return the address of the page, and of the block on it, that a finding is about."""
    path = finding.place.path
    if page := showing(site, path):
        return f"/{page}#block={path}"
    return next((f"/{name}" for name, page in site.pages.items() if page.source == path), None)


def in_editor(finding: Finding, layout: Layout) -> str:
    """Return the address that opens the place of a finding in an editor."""
    path = quote(str(PurePosixPath(layout.root) / finding.place.path))
    return layout.editor.replace("{path}", path).replace("{line}", str(finding.place.line))


def showing(site: Site, block: str) -> str | None:
    """Return the first page that shows a snippet module."""
    return next((path for path, page in sorted(site.pages.items()) if block in page.shown), None)


def page_at(path: str) -> str:
    """Return the page at the path of an address: that of a folder is its index."""
    path = path.removeprefix("/")
    return f"{path}index.html" if path.endswith("/") or not path else path
