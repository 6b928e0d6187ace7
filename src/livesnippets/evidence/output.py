"""What programs print: as a terminal would have left it, and what may differ between two runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


PATTERNS = {
    "process-id": re.compile(r"(?<=pid=)\d+"),
    "address": re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"),
    "port": re.compile(r"(?<=:)\d{4,5}\b"),
    "object-id": re.compile(r"\b[0-9a-f]{16,}\b"),
    "time": re.compile(r"\b\d+(?:\.\d+)?(?= ?(?:ms|s|seconds?)\b)"),
    "decimal": re.compile(r"(?<![\w.,])\d+\.\d+(?![\w.])"),
    "count": re.compile(r"(?<![\w.,(=])\d+(?:,\d{3})*(?![\w.]|,\d| ?(?:ms|s|seconds?)\b)"),
}
ORDER = "order"
OF_WORKER = re.compile(r"\((?:[^()]* )?pid=\d+(?:, ip=\S+)?\) ")
"""How Ray begins a line that one of its workers has printed."""
OF_RAYLET = re.compile(r"\(raylet\) ")
"""How Ray begins a line about itself, such as that a worker died: it comes at any time."""
NAMES = (*PATTERNS, ORDER)


def normalise(text: str, names: Iterable[str]) -> str:
    """Return `text` with what may vary replaced by the normaliser's name; `order` sorts lines.

    The lines of Ray's workers come at any time and in any order: they are put at the end, sorted.
    Raises `KeyError` for a name that is not in `NAMES`.
    """
    chosen = list(names)
    of_driver: list[str] = []
    of_workers: list[str] = []
    for line in text.splitlines():
        replaced = "".join(part for part, _ in pieces(line, chosen, replace=True))
        (of_workers if OF_WORKER.match(line) else of_driver).append(replaced)
    lines = [*of_driver, *sorted(of_workers)]
    return "\n".join(sorted(lines) if ORDER in chosen else lines)


def pieces(line: str, names: Iterable[str], *, replace: bool = False) -> Iterator[tuple[str, str]]:
    """Split a line into texts, each with the name of the normaliser that covers it, or empty."""
    found = sorted(
        (match.start(), match.end(), name)
        for name in names
        if name != ORDER
        for match in PATTERNS[name].finditer(line)
    )
    at = 0
    for start, end, name in found:
        if start < at:
            continue  # an earlier one covers it
        if start > at:
            yield line[at:start], ""
        yield (f"<{name}>" if replace else line[start:end]), name
        at = end
    if at < len(line):
        yield line[at:], ""


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
