"""Keep the evidence that counts: which tests are current, and which are stale, and why."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from livesnippets.evidence import files as evidence
from livesnippets.evidence import reasons
from livesnippets.evidence.environment import expected_environment
from livesnippets.evidence.reasons import PROVE
from livesnippets.evidence.weighing import Weighing
from livesnippets.finding import Finding, Kind, Place
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.environment import Environment
    from livesnippets.evidence.results import Result
    from livesnippets.evidence.verdict import Verdict
    from livesnippets.settings import Settings
    from livesnippets.source.module import Excerpt, Source
    from livesnippets.source.statements import Statement


class Ledger:
    """All evidence that counts for one environment, checked against the files as they are now."""

    def __init__(self, settings: Settings, expected: Environment) -> None:
        self.settings = settings
        self.root = settings.root
        self.expected = expected
        self.lock = settings.lock
        self.runs = settings.runs
        """How often a program has run whose output is shown."""
        self.findings: list[Finding] = []
        """Evidence files that cannot be trusted, or that come from somewhere else."""
        self.tests: dict[str, Result] = {}
        self._directory = directory = settings.evidence_directory
        self._statements: dict[str, list[Statement]] = {}
        self._digests: dict[str, str | None] = {}
        self._evidence = _stamps(directory)
        self._verdicts: dict[tuple[str, str, tuple[int, ...]], Verdict] = {}
        self._read(directory)

    @classmethod
    def of(cls, settings: Settings) -> Ledger:
        """Weigh the evidence of a repository as it is now."""
        return cls(settings, expected_environment(settings.root / settings.lock))

    @property
    def holds(self) -> bool:
        """Whether the evidence, and each file that was weighed against it, is as it was then."""
        root = self.root
        return self._evidence == _stamps(self._directory) and all(
            _digest(root / path) == seen for path, seen in self._digests.items()
        )

    def _read(self, directory: Path) -> None:
        elsewhere: list[Finding] = []
        for path in sorted(directory.glob("*-ray*.json")):
            name = os.path.relpath(path, self.root)
            try:
                found = evidence.read(path)
            except evidence.EvidenceError as error:
                wrong = self.findings if path.stem == self.expected.slug else elsewhere
                wrong.append(_untrusted(name, error.message, evidence.CURE))
                continue
            if path.stem != found.environment.slug:
                message = f"is not named {found.environment.slug}.json, as a test run names it"
                elsewhere.append(_untrusted(name, message, evidence.CURE))
            elif found.environment == self.expected:
                tests = found.tests.items()
                self.tests = {name: run for name, run in tests if self._there(name)}
                self._statements = found.statements
            else:
                message = (
                    f"comes from {found.environment.in_full}, but {self.lock} and this Python ask "
                    f"for {self.expected.in_full}"
                )
                elsewhere.append(_untrusted(name, message, PROVE))
        if not self.tests:  # otherwise what is not of this environment does no harm
            folder = os.path.relpath(directory, self.root)
            self.findings += elsewhere
            self.findings = self.findings or [_untrusted(folder, "holds no evidence", PROVE)]

    def _there(self, name: str) -> bool:
        """Whether the file of a test is still there: a test that is gone says nothing."""
        return self.digest_of(name.partition("::")[0]) is not None

    def changed(self, name: str) -> list[str]:
        """Return the files that are no longer as the test ran them, or that it ran without."""
        ran = self.tests[name].files
        folders = PurePosixPath(name.partition("::")[0]).parents
        needed = [self.lock, *(str(folder / "conftest.py") for folder in folders)]
        new = [path for path in needed if path not in ran and self.digest_of(path) is not None]
        return [*(path for path, seen in ran.items() if self.digest_of(path) != seen), *new]

    def is_current(self, name: str) -> bool:
        """Whether the test passed on the files as they are now, and left what can be shown."""
        run = self.tests.get(name)
        if run is None or run.outcome != "passed" or self.changed(name):
            return False
        return all(len(output.runs) >= self.runs for output in run.outputs.values())

    @cached_property
    def current(self) -> dict[str, Result]:
        """The tests, passed or not, that ran the files as they are now."""
        return {name: run for name, run in self.tests.items() if not self.changed(name)}

    @cached_property
    def stale(self) -> dict[str, list[str]]:
        """The tests that ran other files than there are now, with those that changed."""
        return {name: files for name in self.tests if (files := self.changed(name))}

    @cached_property
    def _by_path(self) -> dict[str, dict[str, Result]]:
        """The current tests that ran something of a file, or were to."""
        index: dict[str, dict[str, Result]] = {}
        for name, run in self.current.items():
            for path in run.touched.union(run.files):
                index.setdefault(path, {})[name] = run
        return index

    def tests_for(self, path: str) -> dict[str, Result]:
        """Return the current tests that ran something of a snippet module, or were to.

        Those in the file that mirrors it were to, though they ended before they did.
        """
        mirror, runs = self.settings.test_of(path), self.current.items()
        mirrored = {name: run for name, run in runs if name.partition("::")[0] == mirror}
        return mirrored | self._by_path.get(path, {})

    def judge(self, source: Source, excerpt: Excerpt) -> Verdict:
        """Return the verdict on an excerpt of `source`, the same one for the same text."""
        key = source.path, source.digest, excerpt.numbers
        if key not in self._verdicts:
            if source.digest in self._statements:
                source.assume(self._statements[source.digest])
            self._verdicts[key] = Weighing(self, source).verdict(excerpt)
        return self._verdicts[key]

    def stale_for(self, path: str) -> str | None:
        """Return a stale test that ran a module, or declares that it does not."""
        return next((name for name in self.stale if path in self.tests[name].touched), None)

    @cached_property
    def failing(self) -> list[Finding]:
        """The current tests that failed, each at its file."""
        return [
            reasons.reason(Place(name.partition("::")[0]), name, run)
            for name, run in self.current.items()
            if run.outcome == "failed"
        ]

    def digest_of(self, path: str) -> str | None:
        """Return the digest of a file as it is now, or None if there is no such file."""
        if path not in self._digests:
            self._digests[path] = _digest(self.root / path)
        return self._digests[path]


def _untrusted(path: str, message: str, cure: str) -> Finding:
    return Finding(Place(path), Kind.EVIDENCE, message, cure)


def _digest(path: Path) -> str | None:
    try:
        return digest(path.read_bytes())
    except OSError:
        return None


def _stamps(directory: Path) -> dict[str, tuple[int, int]]:
    """Return what changes when an evidence file is written: its name, its time, its size."""
    found = ((path.name, path.stat()) for path in directory.glob("*.json"))
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in found}
