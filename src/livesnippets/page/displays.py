"""Show what tests left beside their lines: outputs, measured numbers, timelines.

A display stands for a request, such as "the recording called blocked". What it
shows is looked up in the evidence when the page is written, and again when the
finished page is judged.
"""

from __future__ import annotations

import json
import statistics
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from livesnippets.evidence.ledger import PROVE
from livesnippets.evidence.output import as_shown, pieces
from livesnippets.finding import Finding, Kind, Place
from livesnippets.page.templates import render
from livesnippets.page.timeline import draw
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selectolax.lexbor import LexborHTMLParser

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Capture, Measurement
    from livesnippets.page.nodes import display


class Missing(Exception):  # noqa: N818 - it says what is missing
    """No current, passing test left what a page asks for: the kind of finding, message, cure."""

    def at(self, place: Place) -> Finding:
        """Return the finding at the place on a page that asks."""
        return Finding(place, *self.args)


@dataclass(frozen=True)
class Displays:
    """Looks up what displays ask for."""

    ledger: Ledger
    _shown: dict[tuple[str, str], str] = field(default_factory=dict, init=False)

    def show(self, kind: str, request: str) -> str:
        """Return the HTML of a display, or raise `Missing`."""
        if (kind, request) not in self._shown:
            self._shown[kind, request] = self._show(kind, request)
        return self._shown[kind, request]

    def _show(self, kind: str, request: str) -> str:
        makers: dict[str, Callable[[Any], str]] = {
            "timeline": self._timeline,
            "output": self._output,
            "measured": self._measured,
        }
        return makers[kind](json.loads(request))

    def _find(self, shelf: str, name: str) -> Any:  # noqa: ANN401 - whatever lies on the shelf
        passed = [run for run in self.ledger.current.values() if run.outcome == "passed"]
        for run in passed:
            if name in getattr(run, shelf):
                return getattr(run, shelf)[name]
        kind = shelf.removesuffix("s")
        stale = [
            test for test in self.ledger.stale if name in getattr(self.ledger.tests[test], shelf)
        ]
        if stale:
            files = ", ".join(self.ledger.stale[stale[0]])
            raise Missing(Kind.STALE, f"{kind} {name!r} is stale: {files} changed", PROVE)
        known = sorted({key for run in passed for key in getattr(run, shelf)})
        article = "an" if kind == "output" else "a"
        there = f"there are {', '.join(known) or 'none'}"
        raise Missing(Kind.MISSING, f"no passing test left {article} {kind} {name!r}", there)

    def _timeline(self, wanted: list[list[str]]) -> str:
        return draw([(name, title, self._find("recordings", name)) for name, title in wanted])

    def _output(self, module: str) -> str:
        output: Capture = self._find("outputs", module)
        printed = [as_shown(run).rstrip("\n").split("\n") for run in output.runs]
        in_all = set(printed[-1]).intersection(*printed)
        stable = sum(line in in_all for line in printed[-1])
        return render(
            "output.html",
            module=module,
            lines=[list(pieces(line, output.varying)) for line in printed[-1]],
            varying=output.varying,
            runs=len(output.runs),
            stable=stable,
            environment=self.ledger.expected,
        )

    def _measured(self, name: str) -> str:
        measured: Measurement = self._find("measurements", name)
        values, unit = measured.values, measured.unit
        median = rounded(statistics.median(values))
        tip = (
            f"median of {len(values)}: {rounded(min(values))} to {rounded(max(values))} {unit}, "
            f"on {self.ledger.expected.in_full}"
        )
        number = f"{median}\N{NO-BREAK SPACE}{escape(unit)}"  # XHTML does not know &nbsp;
        return f'<abbr title="{escape(tip)}" tabindex="0">{number}</abbr>'

    def stamp(self, node: display) -> None:
        """Set what a display shows, or why it shows nothing."""
        try:
            node["html"], node["finding"] = self.show(node["kind"], node["request"]), None
        except Missing as missing:
            node["html"], node["finding"] = "", missing.at(node["place"])


def rounded(value: float) -> str:
    """Return a number with two digits that mean something: 0.0123 is 0.012, 187,342 is 190,000."""
    return f"{Decimal(f'{value:.2g}'):,f}"


def fingerprint(html: str) -> str:
    """Return a short text that changes with what a display shows."""
    return digest(html.encode())[7:19]


def recordings(tree: LexborHTMLParser) -> Iterator[str]:
    """Yield the names of the recordings that a page asks for."""
    for shown in tree.css('[data-display="timeline"]'):
        with suppress(ValueError, TypeError):  # a broken one is a finding already
            yield from (name for name, _ in json.loads(shown.attributes.get("data-request") or ""))
