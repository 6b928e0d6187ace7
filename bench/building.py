"""What the extension adds to a build, for a few blocks and for many."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.generated import BLOCKS_ON_A_PAGE, write_site
from bench.goal import Cost
from bench.process import FailedError, Spent, python, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.row import Row

ROUNDS = {100: 5, 1000: 7, 10_000: 1}
MOST_SLOWER, MOST_GROWTH = 1.15, 1.15
FLAT = Cost("a further page beyond 1,000 blocks, against one before (CPU)", MOST_GROWTH, "ms")

type Pairs = list[tuple[Spent, Spent]]


def measure(folder: Path, _edits: int) -> Iterator[Row]:
    """Build generated sites with the extension and with plain literalinclude, in turns."""
    pairs: dict[int, Pairs] = {}
    for blocks, rounds in ROUNDS.items():
        goals = [
            Cost(f"build of {blocks:,} blocks, {kind}", MOST_SLOWER)
            for kind in ("wall clock", "CPU time")
        ]
        try:
            pairs[blocks] = _build(folder / f"generated{blocks}", blocks, rounds)
        except FailedError as error:
            yield from (goal.missing(str(error)) for goal in goals)
            continue
        for goal, spent in zip(goals, ("wall", "cpu"), strict=True):
            figures = [(getattr(a, spent), getattr(b, spent)) for a, b in pairs[blocks]]
            ours, peer = (statistics.median(side) for side in zip(*figures, strict=True))
            yield goal.row(ours, peer, statistics.median(a / b for a, b in figures))
    if len(pairs) < len(ROUNDS):
        yield FLAT.missing("a build failed; see above")
    else:
        yield _flat(pairs)


def _flat(pairs: dict[int, Pairs]) -> Row:
    """Compare what a further page costs among many pages and among few.

    A further page, for the time that any build takes to start would make pages look cheaper the
    more there are.
    """
    (early, late), (plain_early, plain_late) = (_further_page(pairs, side) for side in (0, 1))
    note = f"with plain literalinclude it is {plain_late / plain_early:.2f}x"
    return replace(FLAT.row(late, early), reason=note)


def _further_page(pairs: dict[int, Pairs], side: int) -> tuple[float, float]:
    """Return the CPU time of a page, in milliseconds, early and late."""
    few, some, many = ROUNDS
    cpu = {n: 1000 * statistics.median(pair[side].cpu for pair in pairs[n]) for n in pairs}
    early = (cpu[some] - cpu[few]) / (some - few)
    late = (cpu[many] - cpu[some]) / (many - some)
    return early * BLOCKS_ON_A_PAGE, late * BLOCKS_ON_A_PAGE


def _build(root: Path, blocks: int, rounds: int) -> Pairs:
    """Return what each pair of builds cost: ours, and plain."""
    assert blocks % BLOCKS_ON_A_PAGE == 0
    write_site(root, blocks)
    pairs = []
    for number in range(rounds):
        spent = {}
        for tag in ("proven", "plain") if number % 2 else ("plain", "proven"):
            options = ("-q", "-E", "-W", "-t", tag, "-c", ".", "-d", f"out/{tag}.doctrees")
            spent[tag] = run(python("-m", "sphinx", *options, "docs", f"out/{tag}"), root)
            shutil.rmtree(root / "out")
        pairs.append((spent["proven"], spent["plain"]))
    shutil.rmtree(root)
    return pairs
