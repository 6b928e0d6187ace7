"""What may differ between two outputs of one program, by name."""

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
NAMES = (*PATTERNS, ORDER)


def normalise(text: str, names: Iterable[str]) -> str:
    """Return `text` with what may vary replaced by the normaliser's name; `order` sorts lines.

    Raises `KeyError` for a name that is not in `NAMES`.
    """
    chosen = list(names)
    lines = [
        "".join(part for part, _ in pieces(line, chosen, replace=True))
        for line in text.splitlines()
    ]
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
