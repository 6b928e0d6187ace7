"""Decide what each event asks for: the preview's one state, and one pure function over it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from livesnippets.preview.events import (
    Asked,
    Build,
    BuildFailed,
    Built,
    Chosen,
    Effect,
    Ended,
    EndTests,
    Event,
    Finished,
    Plan,
    Planned,
    RayDied,
    RayFailed,
    RayStarted,
    Restart,
    RunTests,
    Saved,
    Say,
    Site,
    Started,
    StartRay,
    Sum,
    TakeOver,
    Tried,
    Try,
    Unreadable,
    Wait,
    Waited,
    Warm,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from livesnippets.finding import Finding

MOST_NAMES = 3
"""How many changed files a line names."""
TOGETHER = 1.0
"""Seconds within which processes end together, and one build shows what they found."""
AGAIN = 10.0
"""Seconds to wait after a Ray that did not start."""


@dataclass(frozen=True)
class Layout:
    """Where things lie, by their paths from the repository's root."""

    source: str
    """The folder of the pages."""
    conf: str
    """Sphinx's ``conf.py``."""
    tests: str
    """The folder of the snippets' tests."""
    restart: frozenset[str]
    """What only a new preview would read again: the settings, and this package."""


@dataclass(frozen=True)
class Run:
    """A test run; it stays until a build has shown what it found."""

    left: int
    """How many processes have yet to end."""
    pending: Mapping[str, frozenset[str]]
    """Its tests, each with the snippet modules that it ran the last time."""
    outcomes: Mapping[str, bool] = field(default_factory=dict)
    """Whether they passed, of those that have ended."""
    unreadable: frozenset[str] = frozenset()
    """The files that cannot be read."""
    problems: tuple[Finding, ...] = ()
    """Why they cannot, and why a process ended early."""


@dataclass(frozen=True)
class State:
    """All that a preview knows."""

    layout: Layout
    site: Site = field(default_factory=Site)
    building: Build | None = None
    """The build that is under way."""
    wanted: Build | None = None
    """The build that begins when that one has ended."""
    kept: Build = field(default_factory=Build)
    """What the next build has to make up for, as the last one failed."""
    ray: bool = False
    """Whether there is a Ray."""
    testing: bool = False
    """Whether tests are on their way whose evidence the pages lack."""
    planning: bool = False
    number: int = 0
    """The number of the newest run: what is heard of an older one is no news."""
    run: Run | None = None
    files: frozenset[str] = frozenset()
    """The test files of which all that is not proven runs."""
    blocks: frozenset[str] = frozenset()
    """The snippet modules whose tests run, although their evidence is current."""
    waiting: bool = False
    """Whether a build begins soon, unless one begins before."""
    problems: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """What is wrong beside the pages, by who found it."""

    @property
    def findings(self) -> set[Finding]:
        """All that is wrong, but for what the tests may cure that are on their way."""
        found = {each for problems in self.problems.values() for each in problems}
        return found | {
            each for each in self.site.findings if not (self.testing and each.kind.awaits_tests)
        }


type Decision = tuple[State, list[Effect]]


def decide(state: State, event: Event) -> Decision:  # noqa: C901, PLR0912 - a line an event
    """Return the state after an event, and what is to be done, in order."""
    effects: list[Effect] = []
    match event:
        case Started():
            state, effects = _started(state, event)
        case Saved():
            state, effects = _saved(state, event)
        case Asked(block):
            state, effects = _test(state, blocks=frozenset({block}))
            effects.insert(0, Say(f"testing {block} again"))
        case Built() | BuildFailed():
            state, effects = _built(state, event)
        case RayStarted():
            state, effects = _test(_complain(replace(state, ray=True), "Ray"))
        case RayFailed(finding):
            state, effects = _complain(state, "Ray", finding), [StartRay(AGAIN)]
        case RayDied():
            number = state.number + 1  # what the processes of the old one still say is no news
            state = replace(state, ray=False, testing=True, planning=False, run=None, number=number)
            effects = [Say("Ray has died: starting it again"), StartRay()]
        case Planned(run=state.number):
            state, effects = _planned(state, event)
        case Chosen() | Unreadable() | Ended() | Finished() if event.run == state.number:
            state, effects = _heard(state, event)
        case Waited() if state.waiting:
            state = _ask(state)
        case Tried(changed, None):
            effects = [Say(f"{changed} changed: starting anew, with a clean build"), Restart()]
        case Tried(_, problem) if problem is not None:
            state = _complain(state, "settings", problem)
    if state.building is None and state.wanted is not None:
        ended = state.run is not None and not state.run.left
        build = replace(state.wanted, run=state.number if ended else 0)
        state = replace(state, building=build, wanted=None, waiting=False)
        effects.append(build)
    return state, effects


def _started(state: State, event: Started) -> Decision:
    state = _ask(replace(state, testing=True, files=event.tests), anew=event.anew)
    return state, [TakeOver(doctests_only=False), StartRay()]


def _saved(state: State, event: Saved) -> Decision:
    layout, names = state.layout, sorted(event.paths)
    shown = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    if any(_is_in(name, layout.restart) for name in names):
        return state, [Try(shown)]
    anew = any(_is_in(name, {layout.conf, *state.site.loaded}) for name in names)
    effects: list[Effect] = [
        Say(f"{shown} changed{': building everything anew' if anew else ''}"),
        TakeOver(),
    ]
    if any(name.endswith(".py") or not _is_in(name, {layout.source}) for name in names):
        tests = {name for name in names if _is_in(name, {layout.tests})}
        files = {name for name in tests if PurePosixPath(name).match("test_*.py")}
        state, more = _test(state, frozenset(files))
        effects += more
    return _ask(state, event.paths, anew=anew), effects


def _is_in(path: str, places: Collection[str]) -> bool:
    """Whether a file is one of the places, or lies in one."""
    return path in places or any(str(folder) in places for folder in PurePosixPath(path).parents)


def _ask(state: State, changed: frozenset[str] = frozenset(), *, anew: bool = False) -> State:
    """Want a build that begins from now on, not one that is under way."""
    before = state.wanted or state.kept
    wanted = Build(before.changed | changed, anew=before.anew or anew)
    return replace(state, wanted=wanted, kept=Build())


def _built(state: State, event: Built | BuildFailed) -> Decision:
    build = state.building
    assert build is not None  # noqa: S101 - what has not begun does not end
    state, effects = replace(state, building=None), list[Effect]()
    if isinstance(event, Built):
        state = _complain(replace(state, site=event.site), "Sphinx")
        effects = [Say(f"built the pages in {event.seconds:.2f} s")]
    else:
        state = _complain(replace(state, kept=build), "Sphinx", event.finding)
        if later := state.wanted:
            state = _ask(replace(state, wanted=None), later.changed, anew=later.anew)
    if state.run is not None and build.run == state.number:
        state, more = _settle(state)
        effects += more
    return state, effects


def _test(
    state: State, files: frozenset[str] = frozenset(), blocks: frozenset[str] = frozenset()
) -> Decision:
    """Run what is stale, what is unproven in `files`, what ran `blocks`; end an older run.

    What an unfinished run still had to do stays to be done.
    """
    files, blocks = state.files | files, state.blocks | blocks
    state = replace(state, files=files, blocks=blocks, testing=True)
    if not state.ray:
        return state, []
    older: list[Effect] = [EndTests()] if state.run is not None and state.run.left else []
    state = replace(state, number=state.number + 1, planning=True, run=None)
    return state, [*older, Plan(state.number, files, blocks)]


def _planned(state: State, event: Planned) -> Decision:
    state = replace(state, planning=False)
    if not event.orders:
        return _settle(_complain(state, "pytest"))
    names = [name for order in event.orders for name in order.names]
    pending = {name: event.blocks.get(name, frozenset()) for name in names}
    state = replace(state, run=Run(len(event.orders), pending))
    what = count_of(len(names), "test") if names else "new files"
    return state, [Say(f"testing {what}"), RunTests(state.number, event.orders)]


def _heard(state: State, event: Chosen | Unreadable | Ended | Finished) -> Decision:
    run = state.run
    assert run is not None  # noqa: S101 - its number is that of the newest run
    match event:
        case Chosen(names=names):
            run = replace(run, pending={**dict.fromkeys(names, frozenset()), **run.pending})
        case Ended(name=name, passed=passed):
            run = replace(run, outcomes={**run.outcomes, name: passed})
        case Unreadable(file=file, finding=finding):
            unreadable, problems = run.unreadable | {file}, (*run.problems, finding)
            run = replace(run, unreadable=unreadable, problems=problems)
        case Finished(early=early):
            problems = (*run.problems, early) if early is not None else run.problems
            run = replace(run, left=run.left - 1, problems=problems)
            return _finished(_complain(replace(state, run=run), "pytest", *problems), run)
    return replace(state, run=run), []


def _finished(state: State, run: Run) -> Decision:
    """Show what a process has found: at once if it was the last, or else within a while."""
    if run.left:
        return replace(state, waiting=True), [Wait(TOGETHER)]
    passed = sum(run.outcomes.values())
    return _ask(state), [Sum(passed, len(run.outcomes) - passed)]


def _settle(state: State) -> Decision:
    """Forget what was asked for; what cannot be read is not known, so no ledger asks for it."""
    files = state.run.unreadable if state.run is not None else frozenset()
    state = replace(state, testing=False, run=None, files=files, blocks=frozenset())
    return state, [Warm()]


def _complain(state: State, finder: str, *findings: Finding) -> State:
    return replace(state, problems={**state.problems, finder: findings})


def count_of(number: int, what: str) -> str:
    """Return ``1 test`` or ``2 tests``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
