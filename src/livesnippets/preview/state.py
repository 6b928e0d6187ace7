"""All that a preview knows, as one value."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from livesnippets.finding import Finding, causes
from livesnippets.preview.events import Build, Site


class Layout(Struct, frozen=True):
    """Where things lie, by their paths from the repository's root."""

    source: str
    """The folder of the pages."""
    conf: str
    """Sphinx's ``conf.py``."""
    tests: str
    """The folder of the snippets' tests."""
    restart: frozenset[str]
    """What only a new preview would read again: the settings, and this package."""
    root: str = "/"
    """The folder of the repository."""
    editor: str = "vscode://file{path}:{line}"
    """The address at which an editor opens a line of a file, whose path begins with a slash."""


class Run(Struct, frozen=True):
    """A test run; it stays until a build has shown what it found."""

    left: int
    """How many processes have yet to end."""
    pending: Mapping[str, frozenset[str]]
    """Its tests, each with the snippet modules that it ran the last time."""
    begun: Mapping[str, float] = field(default_factory=dict)
    """When each of them began, of those that have, in seconds of Unix time."""
    outcomes: Mapping[str, bool] = field(default_factory=dict)
    """Whether they passed, of those that have ended."""
    unreadable: frozenset[str] = frozenset()
    """The files that cannot be read."""
    problems: tuple[Finding, ...] = ()
    """Why they cannot, and why a process ended early."""
    early: bool = False
    """Whether a process has ended early."""


class State(Struct, frozen=True):
    """All that a preview knows."""

    layout: Layout
    site: Site = field(default_factory=Site)
    building: Build | None = None
    """The build that is under way."""
    wanted: Build | None = None
    """The build that begins when that one has ended."""
    missed: Build = field(default_factory=Build)
    """What the next build has to make up for, as the last one failed."""
    ray: bool = False
    """Whether there is a Ray."""
    testing: bool = False
    """Whether tests are on their way whose evidence the pages lack."""
    number: int = 0
    """The number of the newest run: what is heard of an older one is no news."""
    run: Run | None = None
    """That run, when it is planned."""
    files: frozenset[str] = frozenset()
    """The test files of which all that is not proven runs."""
    blocks: frozenset[str] = frozenset()
    """The snippet modules whose tests run, although their evidence is current."""
    waiting: bool = False
    """Whether a build begins soon, unless one begins before."""
    problems: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """What is wrong beside the pages, by who found it."""

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong, once each, but for what the tests may cure that are on their way."""
        pages = (f for f in self.site.findings if not (self.testing and f.kind.awaits_tests))
        return causes(each for found in (pages, *self.problems.values()) for each in found)
