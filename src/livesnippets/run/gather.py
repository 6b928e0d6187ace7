"""Turn what is seen of each test, while it runs, into a result."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from livesnippets.evidence import files
from livesnippets.evidence.checkout import Checkout
from livesnippets.evidence.results import Result
from livesnippets.finding import SourceError
from livesnippets.run.imports import Imports
from livesnippets.run.observation import Observation
from livesnippets.source.module import digest, read_source
from livesnippets.source.parts import ran as parts_that_ran
from livesnippets.watch.files import READ, WRITTEN, stamp
from livesnippets.watch.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from livesnippets.evidence.results import Failure
    from livesnippets.run.recorder import Lines, Seen
    from livesnippets.settings import Settings
    from livesnippets.source.parts import Position
    from livesnippets.watch.trace import Opened

TEST = "test-{}"
"""The folder for the trace of a process's first test, second test, ...: what is left of one test
must not write into the trace of the next."""


class Gatherer:
    """Collects what each test did, and writes it for this run's environment."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.settings = settings
        self.directory = directory
        self.collected: list[str] = []
        """The collected files and all their tests, by node id; empty when that is not known."""
        self.written: tuple[Path, int] | None = None
        """The evidence file and how many tests it holds, after `write`."""
        self.results: dict[str, Result] = {}
        """What the tests of this run have left so far, by node id."""
        self.crashed: set[str] = set()
        """The tests that ended their process: what they once proved does not count."""
        self._current: Observation | None = None
        self._imports = Imports(settings.root, settings.foreign)
        self._checkout = Checkout(settings.root)
        self._digests: dict[tuple[str, str], str] = {}
        self._numbers = itertools.count(1)

    def trace(self, name: str) -> Trace:
        """Return a trace, whose folder is made if need be."""
        path = self.directory / name
        path.mkdir(parents=True, exist_ok=True)  # its parent goes with the cluster
        return Trace(path)

    @property
    def current(self) -> Observation:
        """What is seen of the test that runs now."""
        assert self._current is not None  # noqa: S101 - `begin` comes first
        return self._current

    def begin(self, name: str, module: Path) -> Observation:
        """Begin to observe a test."""
        self._current = Observation(name, module, self.trace(TEST.format(next(self._numbers))))
        return self._current

    def end(self, own: list[Seen], imported: dict[str, Seen], code: set[Opened]) -> None:
        """Turn what was seen of the test that has ended into a `Result`.

        `own` is what this process did for it, `imported` what it has done so far for the import
        of each file, and `code` are the modules that it has loaded.
        """
        seen, self._current = self.current, None
        hits, opened = seen.trace.hits(), seen.trace.opened()
        ours = (self.settings.root / path for path in hits)
        imports = self._imports.of(seen.module, *self._conftests(seen.module), *ours)
        shared = [*own, *(imported[path] for path in imports if path in imported)]
        at_import = _joined(each.lines for each in shared)
        ran = {*imports, *hits, *at_import, *seen.unreached, *seen.unreached_parts}
        of_snippets = seen.name.startswith(f"{self.settings.tests}/")  # it may have ended early
        snippets = sorted(filter(self.settings.is_snippet, ran))
        parts = {path: self._parts(path, seen.trace, shared) for path in snippets}
        _remove(seen.trace.folder)
        if not (of_snippets or snippets):
            return
        opened.update(*(each.files for each in shared))
        used = {path for path in {self.settings.lock, *_read(opened)} if self._is_file(path)}
        stamps: dict[str, set[str]] = {}
        for file in opened | code:
            if file.kind != WRITTEN:
                stamps.setdefault(file.path, set()).add(file.stamp)
        self.results[seen.name] = Result(
            outcome=seen.outcome,
            duration=round(seen.duration, 3),
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=self._checkout.commit(ran | used),
            files={p: self._digest(p, stamps.get(p, set())) for p in sorted(ran | used)},
            hits={path: sorted(hits[path]) for path in sorted(hits)},
            imported={path: sorted(at_import[path]) for path in sorted(at_import)},
            unreached=seen.unreached,
            parts={path: found for path, found in parts.items() if found},
            unreached_parts=seen.unreached_parts,
            failure=seen.failure,
            outputs=seen.outputs,
            measurements=seen.measurements,
            recordings=seen.recordings,
        )

    def leave_out(
        self, name: str, module: Path, why: Failure, outcome: Literal["failed", "skipped"]
    ) -> None:
        """Keep why a whole file is skipped or cannot be read, which leaves no test to say so."""
        tests = self.settings.tests
        folder = name.removesuffix("conftest.py")  # what it is needed for, if it is such a file
        if not (name.startswith(f"{tests}/") or tests.startswith(folder)):
            return
        used = {*self._imports.of(module, *self._conftests(module)), self.settings.lock}
        self.results[name] = Result(
            outcome=outcome,
            duration=0.0,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            commit=self._checkout.commit(used),
            files={p: self._digest(p, set()) for p in sorted(used) if self._is_file(p)},
            hits={},
            failure=why,
        )

    def write(self) -> None:
        """Merge the run into its environment's evidence file."""
        if self.results or self.collected or self.crashed:
            self.written = files.merge(self.settings, self.results, self.collected, self.crashed)

    def _parts(self, path: str, trace: Trace, shared: list[Seen]) -> list[Position]:
        """Return the parts of a module that ran in a test, or in what it shares with others."""
        places = trace.positions(path).union(*(each.places.get(path, ()) for each in shared))
        with contextlib.suppress(SourceError):  # a page that shows it will say so
            return parts_that_ran(read_source(self.settings.root, path).parts, places)
        return []

    def _conftests(self, module: Path) -> list[Path]:
        folders = [module.parent, *module.parent.parents]
        ours = (folder for folder in folders if folder.is_relative_to(self.settings.root))
        return [path for folder in ours if (path := folder / "conftest.py").is_file()]

    def _is_file(self, path: str) -> bool:
        return (self.settings.root / path).is_file()

    def _digest(self, path: str, seen: set[str]) -> str:
        """Return a file's digest, or nothing if it is no longer as it was when it was opened."""
        file = self.settings.root / path
        now = stamp(file)
        if not now or seen - {now}:
            return ""
        if (path, now) not in self._digests:
            self._digests[path, now] = digest(file.read_bytes())
        return self._digests[path, now]


def _remove(folder: Path) -> None:
    """Remove a trace from where a worker that begins too late would still write into it."""
    ended = folder.rename(folder.with_name(f"{folder.name}-ended"))
    shutil.rmtree(ended, ignore_errors=True)  # what is left goes with all traces of the run


def _read(opened: set[Opened]) -> set[str]:
    """Return the files that were read, and not written by who read them."""
    paths = {kind: {file.path for file in opened if file.kind == kind} for kind in (READ, WRITTEN)}
    return paths[READ] - paths[WRITTEN]


def _joined(parts: Iterable[Lines]) -> Lines:
    joined: Lines = {}
    for path, lines in itertools.chain.from_iterable(part.items() for part in parts):
        joined.setdefault(path, set()).update(lines)
    return joined
