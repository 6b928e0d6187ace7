"""Decide what each event asks for: one pure function over the preview's one state."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from livesnippets.preview import events
from livesnippets.preview.plan import is_test_file
from livesnippets.preview.state import Run, State

if TYPE_CHECKING:
    from collections.abc import Collection

    from livesnippets.finding import Finding

MOST_NAMES = 3
"""How many changed files a line names."""
TOGETHER = 1.0
"""Seconds within which processes end together, and one build shows what they found."""
AGAIN = 10.0
"""Seconds to wait after a Ray that did not start."""
NONE: frozenset[str] = frozenset()

type Decision = tuple[State, list[events.Effect]]


def decide(state: State, event: events.Event) -> Decision:
    """Return the state after an event, and what is to be done, in order."""
    if isinstance(event, events.OfRun) and event.run != state.number:
        return state, []
    state, effects = _decide(state, event)
    if state.building is None and state.wanted is not None:
        wanted, missed = state.wanted, state.missed
        shows = state.number if state.run is not None and not state.run.left else 0
        build = events.Build(wanted.changed | missed.changed, wanted.anew or missed.anew, shows)
        state = replace(state, building=build, wanted=None, missed=events.Build(), waiting=False)
        effects.append(build)
    return state, effects


def _decide(state: State, event: events.Event) -> Decision:  # noqa: C901, PLR0911 - a case an event
    match event:
        case events.Started():
            state = replace(state, testing=True, files=event.tests)
            return _ask(state, anew=event.anew), [
                events.TakeOver(everything=True),
                events.StartRay(),
            ]
        case events.Saved():
            return _saved(state, event)
        case events.Asked():
            state, effects = _test(state, blocks=frozenset({event.block}))
            return state, [events.Say(f"testing {event.block} again"), *effects]
        case events.Built() | events.BuildFailed():
            return _built(state, event)
        case events.RayStarted():
            return _test(_complain(replace(state, ray=True), "Ray"))
        case events.RayFailed():
            return _complain(state, "Ray", event.finding), [events.StartRay(AGAIN)]
        case events.RayDied():
            number = state.number + 1  # what the processes of the old one still say is no news
            state = replace(state, ray=False, testing=True, run=None, number=number)
            return state, [events.Say("Ray has died: starting it again"), events.StartRay()]
        case events.Planned():
            return _planned(state, event)
        case events.Waited() if state.waiting:
            return _ask(state), []
        case events.Tried(problem=None):
            said = "the settings or the package changed: starting anew, with a clean build"
            return state, [events.Say(said), events.Restart()]
        case events.Tried(problem=problem) if problem is not None:
            return _complain(state, "settings", problem), []
    return _heard(state, event, state.run) if state.run is not None else (state, [])


def _saved(state: State, event: events.Saved) -> Decision:
    layout, names = state.layout, sorted(event.paths)
    shown = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
    trial = [events.Try()] if any(_is_in(name, layout.restart) for name in names) else []
    anew = any(_is_in(name, {layout.conf, *state.site.loaded}) for name in names)
    said = f"{shown} changed{': building everything anew' if anew else ''}"
    state, effects = _ask(state, event.paths, anew=anew), list[events.Effect]()
    if any(name.endswith(".py") or not _is_in(name, {layout.source}) for name in names):
        tests = (name for name in names if _is_in(name, {layout.tests}))
        state, effects = _test(state, frozenset(filter(is_test_file, tests)))
    return state, [events.Say(said), *trial, events.TakeOver(), *effects]


def _is_in(path: str, places: Collection[str]) -> bool:
    """Whether a file is one of the places, or lies in one."""
    return path in places or any(str(folder) in places for folder in PurePosixPath(path).parents)


def _ask(state: State, changed: frozenset[str] = NONE, *, anew: bool = False) -> State:
    """Want a build that begins from now on, not one that is under way."""
    before = state.wanted or events.Build()
    return replace(state, wanted=events.Build(before.changed | changed, before.anew or anew))


def _built(state: State, event: events.Built | events.BuildFailed) -> Decision:
    build = state.building
    assert build is not None  # noqa: S101 - what has not begun does not end
    state, effects = replace(state, building=None), list[events.Effect]()
    if isinstance(event, events.Built):
        state = _complain(replace(state, site=event.site), "Sphinx")
        effects = [events.Say(f"built the pages in {event.seconds:.2f} s")]
    else:
        state = _complain(replace(state, missed=build), "Sphinx", event.finding)
    if state.run is not None and build.run == state.number:
        state, more = _settle(state)
        effects += more
    return state, effects


def _test(state: State, files: frozenset[str] = NONE, blocks: frozenset[str] = NONE) -> Decision:
    """Run what is stale, what is unproven in `files`, what ran `blocks`, in place of an older run.

    What that still had to do stays to be done.
    """
    files, blocks = state.files | files, state.blocks | blocks
    state = replace(state, files=files, blocks=blocks, testing=True)
    if not state.ray:
        return state, []
    state = replace(state, number=state.number + 1, run=None)
    return state, [events.Plan(state.number, files, blocks)]


def _planned(state: State, event: events.Planned) -> Decision:
    state = _complain(state, "button", *event.untested)
    if not event.orders:
        return _settle(_complain(state, "pytest"))
    names = [name for order in event.orders for name in order.names]
    pending = {name: event.blocks.get(name, NONE) for name in names}
    what = count_of(len(names), "test") if names else "new files"
    effects = [events.Say(f"testing {what}"), events.RunTests(state.number, event.orders)]
    return replace(state, run=Run(len(event.orders), pending)), effects


def _heard(state: State, event: events.Event, run: Run) -> Decision:
    """Note what the processes of a run say."""
    match event:
        case events.Chosen():
            run = replace(run, pending={**dict.fromkeys(event.names, NONE), **run.pending})
        case events.Begun():
            run = replace(run, begun={**run.begun, event.name: event.when})
        case events.Ended():
            run = replace(run, outcomes={**run.outcomes, event.name: event.passed})
        case events.Unreadable():
            problems = (*run.problems, event.finding)
            run = replace(run, unreadable=run.unreadable | {event.file}, problems=problems)
        case events.Finished():
            problems = run.problems if event.early is None else (*run.problems, event.early)
            early = run.early or event.early is not None
            run = replace(run, left=run.left - 1, problems=problems, early=early)
            return _finished(_complain(replace(state, run=run), "pytest", *problems), run)
    return replace(state, run=run), []


def _finished(state: State, run: Run) -> Decision:
    """Show what a process has found: at once if it was the last, or else within a while."""
    if run.left:
        return replace(state, waiting=True), [events.Wait(TOGETHER)]
    passed = sum(run.outcomes.values())
    return _ask(state), [events.Sum(passed, len(run.outcomes) - passed)]


def _settle(state: State) -> Decision:
    """Forget what was asked for, but for what could not be done: the next save asks for it again.

    What cannot be read is not known, so no ledger asks for it.
    """
    files = NONE
    if state.run is not None:
        files = state.files if state.run.early else state.run.unreadable
    return replace(state, testing=False, run=None, files=files, blocks=NONE), [events.Warm()]


def _complain(state: State, finder: str, *findings: Finding) -> State:
    return replace(state, problems={**state.problems, finder: findings})


def count_of(number: int, what: str) -> str:
    """Return ``1 test`` or ``2 tests``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
