"""Which tests a save asks for, and how they are shared out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from livesnippets.finding import Finding, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.evidence.results import Result

OVERHEAD = 0.4
"""Seconds that a test takes beside its own: its job and its workers come and go."""
UNKNOWN = 4.0
"""Seconds that a file of unknown tests is taken to need."""


def is_test_file(path: str) -> bool:
    """Whether a file holds tests, by pytest's own habit."""
    return any(map(PurePosixPath(path).match, ("test_*.py", "*_test.py")))


def file_of(name: str) -> str:
    """Return the file of a test."""
    return name.partition("::")[0]


def blocks_of(run: Result) -> frozenset[str]:
    """Return the snippet modules that a test ran, or declares never reached."""
    return frozenset({*run.hits, *run.imported, *run.unreached})


def tests_of(ledger: Ledger, block: str) -> set[str]:
    """Return the known tests that ran a block, or declare it never reached.

    Or else those that were to: they import it, or their file mirrors it.
    """
    runs, mirror = ledger.tests.items(), ledger.settings.test_of(block)
    ran = {name for name, run in runs if block in run.hits or block in run.unreached}
    return ran or {name for name, run in runs if block in run.files or file_of(name) == mirror}


def wanted(ledger: Ledger, files: set[str], blocks: set[str]) -> set[str]:
    """Return the known tests to run: the stale ones, and those that ran one of the blocks.

    Of `files` all that have no current evidence of success count, as for ``--stale``.
    """
    unproven = {name for name in ledger.tests if not ledger.is_current(name)}
    asked = {name for name in unproven if file_of(name) in files}
    again = (tests_of(ledger, block) for block in blocks)
    return {*ledger.stale, *asked}.union(*again)


def untested(ledger: Ledger, blocks: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each block that no known test runs."""
    for block in sorted(blocks):
        if not tests_of(ledger, block):
            mirror = ledger.settings.test_of(block)
            message = "no test runs this block"
            yield Finding(Place(block), Kind.TESTS, message, f"write one in {mirror}", test=mirror)


def share(ledger: Ledger, names: set[str], files: Iterable[str], most: int) -> list[Order]:
    """Share the tests `names`, and all unknown ones of `files`, out into orders of like length.

    There are at most `most` orders, and none when there is nothing to do.
    """
    seen = {file_of(name) for name in ledger.tests}
    work = [(ledger.tests[name].duration + OVERHEAD, name, "") for name in names]
    unknown = [file for file in files if not _is_known(ledger, file)]
    work += [(OVERHEAD if file in seen else UNKNOWN, "", file) for file in unknown]
    loads = [0.0] * min(most, len(work))
    shares: list[list[tuple[str, str]]] = [[] for _ in loads]
    for seconds, name, file in sorted(work, reverse=True):
        lightest = loads.index(min(loads))
        loads[lightest] += seconds
        shares[lightest].append((name, file))
    return [
        Order(
            files=sorted({file or file_of(name) for name, file in each}),
            names=frozenset(name for name, _ in each if name),
            unknown_of=frozenset(file for _, file in each if file),
            known=frozenset(ledger.tests),
        )
        for each in shares
    ]


def _is_known(ledger: Ledger, file: str) -> bool:
    """Whether the tests of a file as it is now have been heard of: all of them at once."""
    runs = (run for name, run in ledger.tests.items() if file_of(name) == file)
    return any(run.files.get(file) == ledger.digest_of(file) for run in runs)


@dataclass(frozen=True)
class Order:
    """Some tests of one repository, by their node ids."""

    files: list[str]
    """The test files to collect."""
    names: frozenset[str]
    """The tests to run."""
    unknown_of: frozenset[str]
    """The files whose tests run also when nobody has heard of them."""
    known: frozenset[str]
    """The tests that somebody has heard of."""

    @property
    def folder(self) -> str:
        """The folder that they all lie in."""
        return os.path.commonpath(PurePosixPath(file).parent for file in self.files) or "."

    def asks_for(self, name: str) -> bool:
        """Whether a collected test is to run."""
        new = name not in self.known and name.partition("::")[0] in self.unknown_of
        return new or name in self.names
