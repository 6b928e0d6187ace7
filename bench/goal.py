"""What a figure has to reach: so many times faster than its peer, or hardly slower."""

from __future__ import annotations

from dataclasses import dataclass

from bench.row import Row


@dataclass(frozen=True)
class Faster:
    """Ours is to be `times` faster than the peer, and to take `seconds` at most, if given."""

    name: str
    times: float
    seconds: float | None = None

    def row(self, ours: float | None, peer: float | None, reason: str = "") -> Row:
        """Return the row of two measured times, of which either may be missing."""
        goal = f">= {self.times:g}x faster"
        if self.seconds is not None:
            goal = f"<= {self.seconds:g} s and {goal}"
        if ours is None or peer is None:
            return Row(self.name, "s", ours, peer, None, goal, met=False, reason=reason)
        soon = self.seconds is None or ours <= self.seconds
        met = soon and peer / ours >= self.times
        return Row(self.name, "s", ours, peer, peer / ours, goal, met=met)


@dataclass(frozen=True)
class Cost:
    """Ours is to be at most `most` times the peer."""

    name: str
    most: float
    unit: str = "s"

    def row(self, ours: float, peer: float, ratio: float | None = None) -> Row:
        """Return the row of two figures; `ratio` is that of the pairs, if they came in pairs."""
        times = ours / peer if ratio is None else ratio
        goal = f"<= {self.most:g}x its peer"
        return Row(self.name, self.unit, ours, peer, times, goal, met=times <= self.most)

    def missing(self, reason: str) -> Row:
        """Return the row of a figure that could not be measured."""
        goal = f"<= {self.most:g}x its peer"
        return Row(self.name, self.unit, None, None, None, goal, met=False, reason=reason)
