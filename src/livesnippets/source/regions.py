"""The comments that mark the regions of a module: ``# region NAME`` and ``# endregion NAME``."""

from __future__ import annotations

import io
import re
import tokenize

from livesnippets.finding import SourceError

LOOKS_LIKE_A_MARKER = re.compile(r"#+\s*(end)?\s*region\b", re.IGNORECASE)
MARKER = re.compile(r"# (?P<end>end)?region (?P<name>[A-Za-z0-9][\w-]*)")


def find_markers(path: str, text: str) -> dict[int, re.Match[str]]:
    """Return the markers of a module, by line; raises `SourceError` for a misspelt one."""
    found: dict[int, re.Match[str]] = {}
    if not LOOKS_LIKE_A_MARKER.search(text):
        return found  # to make tokens of a module takes longer than all else that is done with it
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or not LOOKS_LIKE_A_MARKER.match(token.string):
            continue
        marker = MARKER.fullmatch(token.string)
        line = token.start[0]
        if marker is None or token.line.strip() != token.string:
            raise SourceError.at(
                path,
                line,
                f"{token.string!r} is no region marker",
                "write '# region NAME' or '# endregion NAME' on a line of its own",
            )
        found[line] = marker
    return found


def pair_markers(path: str, markers: dict[int, re.Match[str]]) -> dict[str, range]:
    """Return the lines between the markers of each region.

    Raises `SourceError` for a region that is repeated, crossed or open.
    """
    regions: dict[str, range] = {}
    open_at: dict[str, int] = {}
    for line, marker in markers.items():
        name = marker["name"]
        if not marker["end"]:
            if name in open_at or name in regions:
                message = f"region {name!r} stands here a second time"
                raise SourceError.at(path, line, message, "rename one")
            open_at[name] = line
        elif name not in open_at:
            message = f"'# endregion {name}' has no '# region {name}' above it"
            raise SourceError.at(path, line, message)
        elif name != (inner := list(open_at)[-1]):
            message = f"region {name!r} ends inside region {inner!r}"
            raise SourceError.at(path, line, message, "nest them")
        else:
            regions[name] = range(open_at.pop(name) + 1, line)
    for name, line in open_at.items():
        message = f"region {name!r} is never closed"
        raise SourceError.at(path, line, message, f"add '# endregion {name}'")
    return regions
