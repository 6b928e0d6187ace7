"""Show what tests left beside their lines: outputs, measured numbers, timelines.

A display stands for a request, such as "the recording called blocked". What it
shows is looked up in the evidence when the page is written, and again when the
finished page is judged.
"""

from __future__ import annotations

import ast
import json
import re
import statistics
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from livesnippets.evidence.output import OF_WORKER, as_shown, normalise, pieces
from livesnippets.evidence.reasons import NOWHERE, PROVE, Missing, reason
from livesnippets.evidence.results import Capture
from livesnippets.evidence.verdict import PROVEN, UNREACHED
from livesnippets.finding import Finding, Kind, SourceError, suggest
from livesnippets.page import callout, claims
from livesnippets.page.doing import doing
from livesnippets.page.templates import render
from livesnippets.page.timeline import Asked, draw
from livesnippets.source.module import digest, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selectolax.lexbor import LexborHTMLParser

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.recording import Span
    from livesnippets.evidence.results import Measurement
    from livesnippets.page.doing import Doing
    from livesnippets.page.nodes import display

LIST = "evidence"
"""The kind of display that lists the evidence of the whole site."""
MAKE = {
    "output": "run the module with run_snippet in a test",
    "measurement": "measure it in a test",
    "recording": "record it in a test",
}
"""What to do about something that no test has left."""


@dataclass
class Displays:
    """Looks up what displays ask for."""

    ledger: Ledger
    source_url: str = ""
    """Where the files of the commit can be read on the web, if that is known."""
    replays: dict[str, str] = field(default_factory=dict, init=False)
    """The scripts that the timelines shown so far load when they are replayed, by name."""
    _shown: dict[tuple[str, str], str] = field(default_factory=dict, init=False)
    _blocks: int = field(default=0, init=False)

    def count(self, blocks: int) -> bool:
        """Say how many blocks the site has, and return whether that is news."""
        if self._blocks == blocks:
            return False
        self._blocks = blocks
        self._shown.pop(("figures", "null"), None)
        return True

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
            "claim": self._claim,
            "figures": self._figures,
            LIST: lambda _: "<figcaption>The published site lists its evidence here.</figcaption>",
        }
        return makers[kind](json.loads(request))

    def _find(self, shelf: str, name: str) -> Any:  # noqa: ANN401 - whatever lies on the shelf
        kind = shelf.removesuffix("s")
        current = self.ledger.current.items()
        passed = {test: getattr(run, shelf) for test, run in current if run.outcome == "passed"}
        left = {test: shelved[name] for test, shelved in passed.items() if name in shelved}
        first, *others = left.values() or [None]
        if any(_stable(each) != _stable(first) for each in others):
            message = f"{' and '.join(left)} left different {shelf} {name!r}"
            raise Missing(Finding(NOWHERE, Kind.MISSING, message, "let one of them leave it"))
        if left:
            return first
        for test, files in self.ledger.stale.items():
            if name in getattr(self.ledger.tests[test], shelf):
                message = f"{kind} {name!r} is stale: {', '.join(files)} changed"
                raise Missing(Finding(NOWHERE, Kind.STALE, message, PROVE, follows=(test, *files)))
        for test, run in current:
            if run.outcome != "passed" and self._would_leave(test, shelf, name):
                raise Missing(reason(NOWHERE, test, run))
        cure = suggest(name, {key for shelved in passed.values() for key in shelved}) or MAKE[kind]
        message = f"no passing test left {'an' if kind == 'output' else 'a'} {kind} {name!r}"
        raise Missing(Finding(NOWHERE, Kind.MISSING, message, cure))

    def _would_leave(self, test: str, shelf: str, name: str) -> bool:
        """Whether a test that did not pass left something, or a string of its file may name it."""
        text = (self.ledger.root / test.partition("::")[0]).read_text(errors="replace")
        return name in getattr(self.ledger.tests[test], shelf) or any(
            pattern.fullmatch(name) for pattern in _strings(text)
        )

    def _timeline(self, wanted: dict[str, Any]) -> str:
        asked = []
        for name, title in wanted["recordings"]:
            recording = self._find("recordings", name)
            call = wanted["callout"]
            asked.append(Asked(name, title, recording, call and callout.find(recording, call)))
        drawing = draw(
            asked, self._doings, own_scales=wanted["own_scales"], beside=wanted["beside"]
        )
        self.replays.update((replay.name, replay.script) for replay in drawing.replays)
        return drawing.html

    def _doings(self, path: str, span: Span) -> Doing:
        """Say what a call was doing; the module is as its test ran it, for that is current."""
        try:
            return doing(span, read_source(self.ledger.root, path))
        except SourceError:
            return doing(span, None)

    def _output(self, module: str) -> str:
        output: Capture = self._find("outputs", module)
        if len(output.runs) < self.ledger.runs:
            message = f"output {module!r} is that of a single run: it may vary"
            raise Missing(Finding(NOWHERE, Kind.MISSING, message, PROVE))
        printed = [as_shown(run).rstrip("\n").split("\n") for run in output.runs]
        in_all = set(printed[-1]).intersection(*printed)
        stable = sum(line in in_all for line in printed[-1])
        return render(
            "output.html",
            module=module,
            lines=[list(pieces(line, output.varying)) for line in printed[-1]],
            varying=output.varying,
            variables=output.variables,
            runs=len(output.runs),
            stable=stable,
            of_workers=any(map(OF_WORKER.match, printed[-1])),
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

    def _claim(self, wanted: tuple[str, int]) -> str:
        name, number = wanted
        runs = claims.find(self.ledger, name)
        test, run = next(iter(runs.items()))
        place, says = claims.told(self.ledger.root, test)
        definition = claims.definition_of(test)
        return render(
            "claim.html",
            number=number,
            test=definition,
            name=definition.rpartition("::")[2],
            says=" ".join(says.split()),
            place=place,
            link=place.on_web(self.source_url),
            environment=self.ledger.expected,
            commit=run.commit,
        )

    def _figures(self, _request: None) -> str:
        settings = self.ledger.settings
        states: Counter[str] = Counter()
        for path in settings.modules:
            if settings.is_helper(path):
                continue
            with suppress(SourceError):  # the audit tells of it
                source = read_source(settings.root, path)
                states.update(self.ledger.judge(source, source.whole()).lines.values())
        passed = [run for run in self.ledger.current.values() if run.outcome == "passed"]
        return render(
            "figures.html",
            blocks=self._blocks,
            tests=len(passed),
            proven=states[PROVEN],
            unreached=states[UNREACHED],
            environment=self.ledger.expected,
        )

    def stamp(self, node: display) -> None:
        """Set what a display shows, or why it shows nothing."""
        try:
            node["html"], node["finding"] = self.show(node["kind"], node["request"]), None
        except Missing as missing:
            node["html"], node["finding"] = "", missing.at(node["place"])


@cache
def _strings(text: str) -> list[re.Pattern[str]]:
    """Return what matches the strings of a module, fields filled in, but those of fields alone."""
    with suppress(SyntaxError):
        nodes = [
            n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant | ast.JoinedStr)
        ]
        patterns = ("".join(map(_pattern, getattr(node, "values", [node]))) for node in nodes)
        return [re.compile(pattern) for pattern in patterns if pattern.strip(".+")]
    return []


def _pattern(part: ast.expr) -> str:
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"


def _stable(kept: object) -> object:
    """Return what has to be the same when two tests leave it."""
    return normalise(kept.runs[0], kept.varying) if isinstance(kept, Capture) else kept


def rounded(value: float) -> str:
    """Return a number with two digits that mean something: 0.0123 is 0.012, 187,342 is 190,000."""
    return f"{Decimal(f'{value:.2g}'):,f}"


def fingerprint(html: str) -> str:
    """Return a short text that changes with what a display shows."""
    return digest(html.encode())[7:15]


def recordings(tree: LexborHTMLParser) -> Iterator[str]:
    """Yield the names of the recordings that a page asks for."""
    for shown in tree.css('[data-display="timeline"]'):
        with suppress(ValueError, TypeError, KeyError):  # a broken one is a finding already
            request = json.loads(shown.attributes.get("data-request") or "")
            yield from (name for name, _ in request["recordings"])
