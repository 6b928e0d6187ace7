"""What happens in a preview, and what is done about it: the words of `decide`."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from livesnippets.finding import Finding
from livesnippets.preview.plan import Order


class Page(Struct, frozen=True):
    """One finished page."""

    version: str
    """Changes when the page's text does."""
    source: str
    """The file that it was made from; empty for a page that Sphinx makes by itself."""
    shown: frozenset[str]
    """The snippet modules that it shows."""


class Site(Struct, frozen=True):
    """The finished pages, as a build left them."""

    findings: tuple[Finding, ...] = ()
    pages: Mapping[str, Page] = field(default_factory=dict)
    """The pages by the path of their address."""
    assets: str = ""
    """Changes when a style sheet, script or picture does."""
    loaded: frozenset[str] = frozenset()
    """The files and folders that only a new Sphinx would read again: templates, extensions."""


class Event(Struct, frozen=True):
    """Something that has happened."""


class Started(Event, frozen=True):
    """The preview has started."""

    tests: frozenset[str]
    anew: bool = False


class Saved(Event, frozen=True):
    """Files were written, renamed or removed, by their paths from the repository's root."""

    paths: frozenset[str]


class Asked(Event, frozen=True):
    """Somebody asked for the tests of a block to run again."""

    block: str


class Built(Event, frozen=True):
    """A build has ended."""

    site: Site
    seconds: float


class BuildFailed(Event, frozen=True):
    """A build could not finish: the pages are those of the last one, or so."""

    finding: Finding


class RayStarted(Event, frozen=True):
    """There is a Ray for the tests."""


class RayFailed(Event, frozen=True):
    """Ray did not start."""

    finding: Finding


class RayDied(Event, frozen=True):
    """The Ray that was there is gone."""


class OfRun(Event, frozen=True):
    """Something of a test run has happened, which is no news when there is a newer run."""

    run: int


class Planned(OfRun, frozen=True):
    """It is known which tests a run takes, and which snippet modules each of them ran before."""

    orders: tuple[Order, ...]
    blocks: Mapping[str, frozenset[str]]
    untested: tuple[Finding, ...] = ()
    """Of the blocks that were asked for, those that no test runs."""


class Chosen(OfRun, frozen=True):
    """A process has found these tests, and runs them."""

    names: tuple[str, ...]


class Unreadable(OfRun, frozen=True):
    """A test file cannot be read."""

    file: str
    finding: Finding


class Begun(OfRun, frozen=True):
    """A test has begun."""

    name: str
    when: float
    """In seconds of Unix time, as browsers count it."""


class Ended(OfRun, frozen=True):
    """A test has ended."""

    name: str
    passed: bool


class Finished(OfRun, frozen=True):
    """A process has written the evidence of its tests, or has ended early: then it says why."""

    early: Finding | None = None


class Waited(Event, frozen=True):
    """The time of a `Wait` is over."""


class Tried(Event, frozen=True):
    """It is known whether a new preview could use the changed settings or package."""

    problem: Finding | None


class Effect(Struct, frozen=True):
    """Something that is to be done."""


class Say(Effect, frozen=True):
    """Print a line."""

    line: str


class Build(Effect, frozen=True):
    """Build the pages."""

    changed: frozenset[str] = frozenset()
    """The files whose pages are read again in any case; see `sphinx_worker`."""
    anew: bool = False
    """Whether a new Sphinx makes every page."""
    run: int = 0
    """The number of the test run that had ended when it began, so that it shows what this found."""


class TakeOver(Effect, frozen=True):
    """Copy evidence from outside that is newer than the preview's own: all, or of doctests."""

    everything: bool = False


class StartRay(Effect, frozen=True):
    """End Ray, if it is there, with all tests; start one after a while."""

    seconds: float = 0


class Plan(Effect, frozen=True):
    """End the tests that run; find out which are stale, in these files, or of these blocks."""

    run: int
    files: frozenset[str]
    blocks: frozenset[str]


class RunTests(Effect, frozen=True):
    """Give each order to a process."""

    run: int
    orders: tuple[Order, ...]


class Sum(Effect, frozen=True):
    """Say how a run went, and how long it took."""

    passed: int
    failed: int


class Warm(Effect, frozen=True):
    """Prepare processes for the next run."""


class Wait(Effect, frozen=True):
    """Tell when some seconds have passed."""

    seconds: float


class Try(Effect, frozen=True):
    """Find out whether a new preview could use the changed settings or package."""


class Restart(Effect, frozen=True):
    """End this preview, and start a new one in its place."""
