"""Weigh the evidence: which line is proven, which never reached, which is stale, and why."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from livesnippets.evidence import files as evidence
from livesnippets.evidence import reasons
from livesnippets.evidence.environment import expected_environment
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
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.evidence.environment import Environment
    from livesnippets.evidence.results import Result
    from livesnippets.settings import Settings
    from livesnippets.source.module import Excerpt, Source
    from livesnippets.source.statements import Part, Statement

PROVE = "run 'make html'"
STATES = {
    Kind.UNPROVEN: UNPROVEN,
    Kind.SKIPPED: UNPROVEN,
    Kind.CONTESTED: UNPROVEN,
    Kind.STALE: STALE,
    Kind.SOURCE: UNPROVEN,
}
"""The state of an excerpt with a finding of a kind."""


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
            name = path.relative_to(self.root).as_posix()
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
            folder = directory.relative_to(self.root).as_posix()
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
            touched = {*run.hits, *run.imported, *run.unreached, *run.unreached_parts}
            for path in touched.union(run.files):
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
            self._verdicts[key] = self._judge(source, excerpt)
        return self._verdicts[key]

    def _judge(self, source: Source, excerpt: Excerpt) -> Verdict:
        code, path = source.code, source.path
        runs = self.tests_for(path)
        passed = {name: run for name, run in runs.items() if run.outcome == "passed"}
        parts = {part for run in passed.values() for part in run.parts.get(path, ())}
        proven = code.ran({n for run in passed.values() for n in run.ran(path)}, parts)
        any_part = {part for run in runs.values() for part in run.parts.get(path, ())}
        hit = code.ran({n for run in runs.values() for n in run.ran(path)}, any_part)
        declared = code.only({n for run in passed.values() for n in run.unreached.get(path, ())})
        unreached = {part for run in passed.values() for part in run.unreached_parts.get(path, ())}
        lines, contested = {}, []
        wrong = {line for part in unreached & any_part for line in part.span}
        for line in excerpt.numbers:
            if line not in code.proofs:
                continue
            if line in wrong or line in declared & hit:
                contested.append(line)
                lines[line] = UNPROVEN
            elif line in declared:
                lines[line] = UNREACHED
            else:
                lines[line] = PROVEN if line in proven else UNPROVEN
        unproven = [n for n in excerpt.numbers if lines.get(n) == UNPROVEN]
        failed = {name: run for name, run in runs.items() if run.outcome == "failed"}
        failures = {
            name: run.failure or reasons.UNTOLD
            for name, run in reasons.tests_of(failed, path, excerpt).items()
        }
        findings = []
        if left_out := [n for n in excerpt.numbers if n in code.left_out]:
            message = f"Python leaves out {reasons.named(left_out)}, which can never run"
            place = Place(path, left_out[0])
            findings.append(Finding(place, Kind.SOURCE, message, "remove what does nothing"))
            lines |= dict.fromkeys(left_out, UNPROVEN)
        place = Place(path, unproven[0] if unproven else excerpt.numbers[0])
        if problem := self._problem(place, lines, unproven, contested, failed=bool(failures)):
            findings.append(problem)
        skipped = code.skipped({n for n, state in lines.items() if state == PROVEN}, parts)
        for part in skipped:
            lines |= {n: PARTLY for n in part.position.span if lines.get(n) == PROVEN}
            if part.position not in unreached and not failures:
                findings.append(self._skipped(source, part))
        state = STATES[findings[0].kind] if findings else PROVEN
        findings += [reasons.told(path, excerpt, *failure) for failure in failures.items()]
        return Verdict(
            FAILED if failures else state,
            lines,
            reasons.tests_of(passed, path, excerpt),
            findings,
            failures,
            [(part.position.line, source.text_of(part.position)) for part in skipped],
        )

    def _skipped(self, source: Source, part: Part) -> Finding:
        """Return the finding on a part that no test ran although its line did."""
        place, text = Place(source.path, part.position.line), source.text_of(part.position)
        if name := self._stale_for(source.path):
            return self._stale(place, name)
        if not part.observable:
            message, cure = f"Python does not say whether '{text}' ran", "give it a line of its own"
        else:
            message = f"line {place.line} ran, but no passing test runs its part '{text}'"
            mirror = self.settings.test_of(place.path)
            cure = f"write one in {mirror}, or mark it as never_reached(..., part={text!r})"
        return Finding(place, Kind.UNPROVEN, message, cure)

    def _stale(self, place: Place, name: str) -> Finding:
        files = self.stale[name]
        message = f"stale evidence: {', '.join(files)} changed since {name} ran"
        return Finding(place, Kind.STALE, message, PROVE, follows=(name, *files))

    def _problem(
        self,
        place: Place,
        lines: dict[int, str],
        unproven: list[int],
        contested: list[int],
        *,
        failed: bool,
    ) -> Finding | None:
        """Return what keeps lines from being proven, unless it is the tests that failed."""
        if not lines:
            return Finding(place, Kind.UNPROVEN, "a block without a line that runs", "show more")
        if unproven and (name := self._stale_for(place.path)):
            return self._stale(place, name)
        if contested:
            message = f"{reasons.named(contested)} ran, though a test declares that never reached"
            return Finding(place, Kind.CONTESTED, message)
        if unproven and not failed:
            for name, run in self.tests_for(place.path).items():
                if run.outcome == "skipped":
                    return reasons.reason(place, name, run)
            mirror = self.settings.test_of(place.path)
            message = f"no passing test runs {reasons.named(unproven)}"
            cure = f"write one in {mirror}, or mark what never runs as never_reached"
            return Finding(place, Kind.UNPROVEN, message, cure, follows=(mirror,))
        return None

    def _stale_for(self, path: str) -> str | None:
        """Return a stale test that ran a module, or declares that it does not."""
        runs = ((name, self.tests[name]) for name in self.stale)
        used = ((name, {*run.hits, *run.imported, *run.unreached}) for name, run in runs)
        return next((name for name, paths in used if path in paths), None)

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
