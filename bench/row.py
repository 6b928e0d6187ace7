"""One figure of the benchmark: what is ours, what is the peer's, and whether the goal is met."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    unit: str
    """The unit of `ours` and `peer`."""
    ours: float | None
    peer: float | None
    ratio: float | None
    """How many times faster ours is where that is the goal; else ours as a multiple of the peer."""
    goal: str
    met: bool
    reason: str = ""
    """Why figures are missing, or what else to know of them; not a part of the file."""


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as a JSON list."""
    content = [asdict(row) for row in rows]
    for each in content:
        del each["reason"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table for a terminal, what else there is to say below it."""
    rows = list(rows)
    cells = [("figure", "ours", "peer", "ratio", "goal", "met")]
    cells += [
        (
            row.name,
            _number(row.ours, row.unit),
            _number(row.peer, row.unit),
            _number(row.ratio, "x"),
            row.goal,
            "yes" if row.met else "NO",
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([*lines, *(f"{row.name}: {row.reason}" for row in rows if row.reason)])


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.3g} {unit}"
