"""What happens in a preview, and what is done about it: the words of `decide`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livesnippets.finding import Finding
    from livesnippets.preview.plan import Order


@dataclass(frozen=True)
class Page:
    """One finished page."""

    version: str
    """Changes when the page's text does."""
    source: str
    """The file that it was made from; empty for a page that Sphinx makes by itself."""
    shown: frozenset[str]
    """The snippet modules that it shows."""


@dataclass(frozen=True)
class Site:
    """The finished pages, as a build left them."""

    findings: tuple[Finding, ...] = ()
    pages: Mapping[str, Page] = field(default_factory=dict)
    """The pages by the path of their address."""
    assets: str = ""
    """Changes when a style sheet, script or picture does."""
    loaded: frozenset[str] = frozenset()
    """The files and folders that only a new Sphinx would read again: templates, extensions."""


@dataclass(frozen=True)
class Build:
    """A build of the pages."""

    changed: frozenset[str] = frozenset()
    """The files whose pages are read again in any case; see `sphinx_worker`."""
    anew: bool = False
    """Whether a new Sphinx makes every page."""
    run: int = 0
    """The number of the test run that had ended when it began, so that it shows what this found."""


@dataclass(frozen=True)
class Started:
    """The preview has started."""

    tests: frozenset[str]
    """All test files."""
    anew: bool = False


@dataclass(frozen=True)
class Saved:
    """Files were written, renamed or removed, by their paths from the repository's root."""

    paths: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """Somebody asked for the tests of a block to run again."""

    block: str


@dataclass(frozen=True)
class Built:
    """A build has ended."""

    site: Site
    seconds: float


@dataclass(frozen=True)
class BuildFailed:
    """A build could not finish: the pages are those of the last one, or so."""

    finding: Finding


@dataclass(frozen=True)
class RayStarted:
    """There is a Ray for the tests."""


@dataclass(frozen=True)
class RayFailed:
    """Ray did not start."""

    finding: Finding


@dataclass(frozen=True)
class RayDied:
    """The Ray that was there is gone."""


@dataclass(frozen=True)
class Planned:
    """It is known which tests a run takes."""

    run: int
    orders: tuple[Order, ...]
    blocks: Mapping[str, frozenset[str]]
    """The snippet modules that each known test ran."""


@dataclass(frozen=True)
class Chosen:
    """A process has found these tests, and runs them."""

    run: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Unreadable:
    """A test file cannot be read."""

    run: int
    file: str
    finding: Finding


@dataclass(frozen=True)
class Ended:
    """A test has ended."""

    run: int
    name: str
    passed: bool


@dataclass(frozen=True)
class Finished:
    """A process has written the evidence of its tests, or has ended early: then it says why."""

    run: int
    early: Finding | None = None


@dataclass(frozen=True)
class Waited:
    """The time of a `Wait` is over."""


@dataclass(frozen=True)
class Tried:
    """It is known whether a new preview could use the changed settings or package."""

    changed: str
    problem: Finding | None


type Event = (
    Started
    | Saved
    | Asked
    | Built
    | BuildFailed
    | RayStarted
    | RayFailed
    | RayDied
    | Planned
    | Chosen
    | Unreadable
    | Ended
    | Finished
    | Waited
    | Tried
)


@dataclass(frozen=True)
class Say:
    """Print a line."""

    line: str


@dataclass(frozen=True)
class TakeOver:
    """Copy evidence from outside that is newer than the preview's own."""

    doctests_only: bool = True


@dataclass(frozen=True)
class StartRay:
    """End Ray, if it is there, with all tests; start one after a while."""

    seconds: float = 0


@dataclass(frozen=True)
class Plan:
    """Find out which tests a run takes: stale ones, all of new files, those of some blocks."""

    run: int
    files: frozenset[str]
    blocks: frozenset[str]


@dataclass(frozen=True)
class RunTests:
    """Give each order to a process."""

    run: int
    orders: tuple[Order, ...]


@dataclass(frozen=True)
class Sum:
    """Say how a run went, and how long it took."""

    passed: int
    failed: int


@dataclass(frozen=True)
class EndTests:
    """End the processes that run tests."""


@dataclass(frozen=True)
class Warm:
    """Prepare processes for the next run."""


@dataclass(frozen=True)
class Wait:
    """Tell when some seconds have passed."""

    seconds: float


@dataclass(frozen=True)
class Try:
    """Find out whether a new preview could use the changed settings or package."""

    changed: str


@dataclass(frozen=True)
class Restart:
    """End this preview, and start a new one in its place."""


type Effect = (
    Build
    | Say
    | TakeOver
    | StartRay
    | Plan
    | RunTests
    | Sum
    | EndTests
    | Warm
    | Wait
    | Try
    | Restart
)
