"""Show text as a terminal would have left it, without what would disturb a page."""

from __future__ import annotations

import re

# ECMA-48: what begins with ESC [ or with ESC ] and its end, and the other escapes.
ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?"
)
SURROGATE = re.compile(r"[\ud800-\udfff]")  # a byte that was not UTF-8
CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))


def as_shown(text: str) -> str:
    """Return the text without colours and control characters, after all carriage returns.

    What follows a carriage return overwrites the line from its beginning.
    """
    text = ESCAPE.sub("", SURROGATE.sub("\ufffd", text)).replace("\r\n", "\n")
    lines = (_overwritten(line) if "\r" in line else line for line in text.split("\n"))
    return "\n".join(lines).translate(CONTROL)


def _overwritten(line: str) -> str:
    """Return what is left of a line: of each part, what the later ones were too short to hide."""
    shown = ""
    for part in reversed(line.split("\r")):
        shown += part[len(shown) :]
    return shown
