"""Weigh the evidence on an excerpt: which line is proven, which never reached, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.evidence import reasons
from livesnippets.evidence.reasons import PROVE
from livesnippets.evidence.verdict import (
    FAILED,
    PARTLY,
    PROVEN,
    STALE,
    UNPROVEN,
    UNREACHED,
    Verdict,
)
from livesnippets.finding import Finding, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Result
    from livesnippets.source.module import Excerpt, Source
    from livesnippets.source.parts import Position
    from livesnippets.source.statements import Part

STATES = {
    Kind.UNPROVEN: UNPROVEN,
    Kind.SKIPPED: UNPROVEN,
    Kind.CONTESTED: UNPROVEN,
    Kind.STALE: STALE,
    Kind.SOURCE: UNPROVEN,
}
"""The state of an excerpt with a finding of a kind."""


class Weighing:
    """What current tests say of a module: what ran of it, and what is declared never to run."""

    def __init__(self, ledger: Ledger, source: Source) -> None:
        self.ledger = ledger
        self.source = source
        self.path, code = source.path, source.code
        self.mirror = ledger.settings.test_of(source.path)
        """The file to write a test in."""
        self.runs = ledger.tests_for(self.path)
        self.passed = self._with("passed")
        passed, runs = self.passed.values(), self.runs.values()
        self.parts, any_parts = self._parts(passed), self._parts(runs)
        self.proven = code.ran(self._lines(passed), self.parts)
        hit = code.ran(self._lines(runs), any_parts)
        self.declared = code.only({n for run in passed for n in run.unreached.get(self.path, ())})
        self.declared_parts = {p for run in passed for p in run.unreached_parts.get(self.path, ())}
        self.contested = self.declared & hit
        """The lines that ran although a test declares them, or a part of them, never reached."""
        self.contested.update(n for part in self.declared_parts & any_parts for n in part.span)

    def _with(self, outcome: str) -> dict[str, Result]:
        return {name: run for name, run in self.runs.items() if run.outcome == outcome}

    def _lines(self, runs: Iterable[Result]) -> set[int]:
        return {line for run in runs for line in run.ran(self.path)}

    def _parts(self, runs: Iterable[Result]) -> set[Position]:
        return {part for run in runs for part in run.parts.get(self.path, ())}

    def verdict(self, excerpt: Excerpt) -> Verdict:
        """Return the verdict on a part of the module."""
        code = self.source.code
        failed = reasons.tests_of(self._with("failed"), self.path, excerpt)
        failures = {name: run.failure or reasons.UNTOLD for name, run in failed.items()}
        lines = {n: self._state(n) for n in excerpt.numbers if n in code.proofs}
        skipped = code.skipped({n for n, state in lines.items() if state == PROVEN}, self.parts)
        findings = [
            *self._left_out(excerpt),
            *self._problem(excerpt, lines, failed=bool(failures)),
            *self._in_part(skipped, failed=bool(failures)),
        ]
        lines |= {n: UNPROVEN for n in excerpt.numbers if n in code.left_out}
        for part in skipped:
            lines |= {n: PARTLY for n in part.position.span if lines.get(n) == PROVEN}
        state = STATES[findings[0].kind] if findings else PROVEN
        findings += [reasons.told(self.path, excerpt, *failure) for failure in failures.items()]
        return Verdict(
            FAILED if failures else state,
            lines,
            reasons.tests_of(self.passed, self.path, excerpt),
            findings,
            failures,
            [(part.position.line, self.source.text_of(part.position)) for part in skipped],
        )

    def _state(self, line: int) -> str:
        if line in self.contested:
            return UNPROVEN
        if line in self.declared:
            return UNREACHED
        return PROVEN if line in self.proven else UNPROVEN

    def _left_out(self, excerpt: Excerpt) -> Iterator[Finding]:
        if found := [n for n in excerpt.numbers if n in self.source.code.left_out]:
            message = f"Python leaves out {reasons.named(found)}, which can never run"
            place = Place(self.path, found[0])
            yield Finding(place, Kind.SOURCE, message, "remove what does nothing")

    def _problem(
        self, excerpt: Excerpt, lines: dict[int, str], *, failed: bool
    ) -> Iterator[Finding]:
        """Yield what keeps lines from being proven, unless it is the tests that failed."""
        unproven = [n for n, state in lines.items() if state == UNPROVEN]
        contested = [n for n in lines if n in self.contested]
        place = Place(self.path, unproven[0] if unproven else excerpt.numbers[0])
        if not (lines or any(self._left_out(excerpt))):
            yield Finding(place, Kind.UNPROVEN, "a block without a line that runs", "show more")
        elif unproven and (name := self.ledger.stale_for(self.path)):
            yield self._stale(place, name)
        elif contested:
            message = f"{reasons.named(contested)} ran, though a test declares that never reached"
            yield Finding(place, Kind.CONTESTED, message)
        elif unproven and not failed:
            for name, run in self._with("skipped").items():
                yield reasons.reason(place, name, run)
                return
            message = f"no passing test runs {reasons.named(unproven)}"
            cure = f"write one in {self.mirror}, or mark what never runs as never_reached"
            yield Finding(place, Kind.UNPROVEN, message, cure, follows=(self.mirror,))

    def _in_part(self, skipped: list[Part], *, failed: bool) -> Iterator[Finding]:
        """Yield a finding for each part that no test ran although its line did."""
        for part in skipped:
            if failed or part.position in self.declared_parts:
                continue
            place = Place(self.path, part.position.line)
            text = self.source.text_of(part.position)
            if name := self.ledger.stale_for(self.path):
                yield self._stale(place, name)
            elif part.observable:
                message = f"line {place.line} ran, but no passing test runs its part '{text}'"
                cure = (
                    f"write one in {self.mirror}, or mark it as never_reached(..., part={text!r})"
                )
                yield Finding(place, Kind.UNPROVEN, message, cure)
            else:
                message = f"Python does not say whether '{text}' ran"
                yield Finding(place, Kind.UNPROVEN, message, "give it a line of its own")

    def _stale(self, place: Place, name: str) -> Finding:
        files = self.ledger.stale[name]
        message = f"stale evidence: {', '.join(files)} changed since {name} ran"
        return Finding(place, Kind.STALE, message, PROVE, follows=(name, *files))
