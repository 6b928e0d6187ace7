"""What of a module can run, and what proves that it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from livesnippets.source.parts import Position
    from livesnippets.source.statements import Part, Statement


class Code:
    """The statements of a module."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.proofs: dict[int, list[int]] = {}
        """For each line of a statement, the lines of which one has to be hit."""
        self.left_out: set[int] = set()
        """The first lines of the statements of which Python leaves no code."""
        self.parts: list[Part] = []
        """What may be skipped although its line runs."""
        self._nothing_else: dict[int, set[Position]] = {}
        for statement in statements:
            if not statement.lines:
                self.left_out.add(statement.first)
            for line, proof in enumerate(statement.proofs, statement.first):
                if proof:
                    self.proofs[line] = proof
            self.parts += statement.parts
        for part in self.parts:
            for line in part.lines if part.observable else ():
                self._nothing_else.setdefault(line, set()).add(part.position)
        self.executable = frozenset[int]().union(*self.proofs.values())
        """The lines that are hits when they run."""

    def ran(self, hits: AbstractSet[int], parts: AbstractSet[Position]) -> set[int]:
        """Return the lines that ran, given the lines that were hit and the parts that ran.

        CPython also reports a line where a part of it would begin, and does not.
        """
        return {
            line
            for line, proof in self.proofs.items()
            if not hits.isdisjoint(proof) and self._nothing_else.get(line, set()) <= parts
        }

    def only(self, lines: AbstractSet[int]) -> set[int]:
        """Return the lines that no hit can prove but those of `lines`."""
        return {line for line, proof in self.proofs.items() if lines >= {*proof}}

    def skipped(self, lines: AbstractSet[int], parts: AbstractSet[Position]) -> list[Part]:
        """Return the parts that did not run, on `lines` that did; none inside another one."""
        found: list[Part] = []
        for part in self.parts:  # sorted, so that what holds another one comes first
            if part.position in parts or lines.isdisjoint(part.position.span):
                continue
            if not (found and found[-1].position.holds(part.position)):
                found.append(part)
        return found
