"""What each event asks for, without a process, a browser or a clock."""

from __future__ import annotations

from functools import reduce

import pytest

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import events
from livesnippets.preview.decide import AGAIN, TOGETHER, decide
from livesnippets.preview.plan import Order
from livesnippets.preview.state import Layout, State

PROSE, SNIPPET, TEST = "docs/a.md", "snippets/a.py", "tests/snippets/test_a.py"
LAYOUT = Layout("docs", "conf.py", "tests/snippets", frozenset({"pyproject.toml", "/env/package"}))
ORDER = Order([TEST], frozenset({f"{TEST}::test"}), frozenset(), frozenset())
BUILT = events.Built(events.Site(loaded=frozenset({"_templates", "tools/extension.py"})), 0.2)
STALE = Finding(Place(SNIPPET, 3), Kind.STALE, "stale evidence")
WRONG = Finding(Place(PROSE, 1), Kind.SPHINX, "is wrong")
PROCESSES = (ORDER, ORDER)


def saved(*paths: str) -> events.Saved:
    """Return the event of some saved files."""
    return events.Saved(frozenset(paths))


def planned(run: int, *orders: Order) -> events.Planned:
    """Return the event of a plan, whose tests ran the snippet the last time."""
    return events.Planned(run, orders, {f"{TEST}::test": frozenset({SNIPPET})})


def after(state: State, *happened: events.Event) -> State:
    """Return the state after some events."""
    return reduce(lambda now, event: decide(now, event)[0], happened, state)


def asked(state: State, *happened: events.Event) -> list[events.Effect]:
    """Return what the last of some events asks for, without what is printed."""
    *before, last = happened
    _, effects = decide(after(state, *before), last)
    return [effect for effect in effects if type(effect).__name__ != "Say"]


@pytest.fixture
def idle() -> State:
    """Return the state of a preview that has nothing to do."""
    started = events.Started(frozenset({TEST}))
    state = after(State(LAYOUT), started, BUILT, events.RayStarted(), planned(1))
    assert (state.testing, state.building, state.files) == (False, None, frozenset())
    return state


@pytest.fixture
def testing(idle: State) -> State:
    """Return the state of a preview whose tests run in two processes; its pages are built."""
    return after(idle, saved(SNIPPET), planned(2, *PROCESSES), BUILT)


def test_the_start_builds_and_tests_with_the_evidence_that_there_is() -> None:
    """The tests wait for Ray, the pages do not."""
    begin = events.Started(frozenset({TEST}), anew=True)
    assert asked(State(LAYOUT), begin) == [
        events.TakeOver(everything=True),
        events.StartRay(),
        events.Build(anew=True),
    ]
    assert asked(State(LAYOUT), begin, events.RayStarted()) == [
        events.Plan(1, frozenset({TEST}), frozenset())
    ]


def test_prose_asks_for_a_build_alone(idle: State) -> None:
    """It takes no test to show a sentence."""
    assert asked(idle, saved(PROSE)) == [events.TakeOver(), events.Build(frozenset({PROSE}))]
    assert not after(idle, saved(PROSE)).testing


def test_newer_evidence_from_outside_is_taken_over_before_a_build(idle: State) -> None:
    """As that of doctests, which the preview does not run."""
    first, *_, last = asked(idle, saved(SNIPPET))
    assert first == events.TakeOver()
    assert isinstance(last, events.Build)


def test_a_snippet_is_built_at_once_and_tested(idle: State) -> None:
    """Its page shows the new text while the tests run, and again when they have ended."""
    assert asked(idle, saved(SNIPPET)) == [
        events.TakeOver(),
        events.Plan(2, frozenset(), frozenset()),
        events.Build(frozenset({SNIPPET})),
    ]
    run = saved(SNIPPET), planned(2, *PROCESSES)
    assert asked(idle, *run) == [events.RunTests(2, PROCESSES)]
    ended = events.Ended(2, f"{TEST}::test", passed=True)
    assert asked(idle, *run, BUILT, ended, events.Finished(2)) == [events.Wait(TOGETHER)]
    assert asked(idle, *run, BUILT, ended, events.Finished(2), events.Finished(2)) == [
        events.Sum(1, 0),
        events.Build(run=2),
    ]
    state = after(idle, *run, BUILT, ended, events.Finished(2), events.Finished(2))
    assert state.testing
    assert asked(state, BUILT) == [events.Warm()]
    assert not after(state, BUILT).testing


def test_it_is_known_when_a_test_began(idle: State) -> None:
    """So that it can be said how long it runs."""
    begun = events.Begun(2, f"{TEST}::test", 7.0)
    run = after(idle, saved(SNIPPET), planned(2, *PROCESSES), begun).run
    assert run is not None
    assert run.begun == {f"{TEST}::test": 7.0}


def test_a_build_that_began_before_the_tests_ended_does_not_show_what_they_found(
    testing: State,
) -> None:
    """Another one follows, and only that is the end of the run."""
    state = after(testing, saved(PROSE), events.Finished(2), events.Finished(2))
    assert asked(state, BUILT) == [events.Build(run=2)]
    assert after(state, BUILT).testing
    assert not after(state, BUILT, BUILT).testing


def test_a_slow_process_holds_no_other_verdict_back(testing: State) -> None:
    """After a while the pages are built; a build that comes earlier makes that needless."""
    assert asked(testing, events.Finished(2), events.Waited()) == [events.Build()]
    assert asked(testing, events.Finished(2), saved(PROSE), BUILT, events.Waited()) == []


def test_a_newer_save_ends_an_older_run(testing: State) -> None:
    """What is heard of that afterwards is no news; what it had to do stays to be done."""
    plan = events.Plan(3, frozenset({TEST}), frozenset())
    assert asked(testing, saved(TEST))[1] == plan
    state = after(testing, saved(TEST))
    late = events.Ended(2, f"{TEST}::test", passed=False), events.Finished(2), planned(2, ORDER)
    assert after(state, *late) == state
    assert asked(state, saved(SNIPPET))[1] == events.Plan(4, frozenset({TEST}), frozenset())


def test_a_button_runs_the_tests_of_its_block(idle: State) -> None:
    """Also when the run that it asked for is ended by a save."""
    block = frozenset({SNIPPET})
    assert asked(idle, events.Asked(SNIPPET)) == [events.Plan(2, frozenset(), block)]
    state = after(idle, events.Asked(SNIPPET), planned(2, ORDER))
    assert events.Plan(3, frozenset(), block) in asked(state, saved("snippets/b.py"))
    assert after(state, events.Finished(2), BUILT).blocks == frozenset()


def test_a_button_without_tests_says_where_to_write_one(idle: State) -> None:
    """Until the next run; beside that, that its lines are unproven is no news."""
    untested = Finding(Place(SNIPPET), Kind.TESTS, "no test runs this block", "write one", TEST)
    unproven = Finding(Place(SNIPPET, 3), Kind.UNPROVEN, "line 3", "write one", follows=(TEST,))
    state = after(idle, saved(PROSE), events.Built(events.Site((unproven,)), 0.2))
    assert state.findings == [unproven]
    state = after(state, events.Asked(SNIPPET), events.Planned(2, (), {}, (untested,)))
    assert not state.testing
    assert state.findings == [untested]
    assert after(state, saved(SNIPPET), planned(3), BUILT).findings == []


def test_a_new_test_file_is_looked_through(idle: State) -> None:
    """In a new folder, too; a helper beside it is not."""
    new = "tests/snippets/test_new.py", "tests/snippets/a/b/new_test.py"
    effects = asked(idle, saved(*new, "tests/snippets/helper.py"))
    assert events.Plan(2, frozenset(new), frozenset()) in effects


def test_a_rename_is_the_old_and_the_new_name(idle: State) -> None:
    """Pages of both are read again; a test file that is gone is not collected, see `Runs.plan`."""
    both = frozenset({TEST, "tests/snippets/test_b.py"})
    effects = asked(idle, events.Saved(both))
    assert events.Plan(2, both, frozenset()) in effects
    assert events.Build(both) in effects


def test_a_second_save_waits_for_the_build_and_is_not_lost(idle: State) -> None:
    """However many there are: one more build does for all of them."""
    saves = saved(PROSE), saved("docs/b.md"), saved("docs/c.md")
    assert asked(idle, *saves)[1:] == []
    assert asked(idle, *saves, BUILT) == [events.Build(frozenset({"docs/b.md", "docs/c.md"}))]


@pytest.mark.parametrize("path", ["conf.py", "_templates/page.html", "tools/extension.py"])
def test_what_sphinx_reads_once_needs_a_new_sphinx(idle: State, path: str) -> None:
    """Its configuration, templates, and each module of the repository that it has imported."""
    assert events.Build(frozenset({path}), anew=True) in asked(idle, saved(path))


def test_a_full_disk_costs_no_change(idle: State) -> None:
    """What was to be read again is read by the next build that there is room for."""
    full = Finding(Place("build/preview.log"), Kind.SPHINX, "No space left on device")
    state = after(idle, saved(PROSE), events.BuildFailed(full))
    assert state.findings == [full]
    assert asked(idle, saved(PROSE), events.BuildFailed(full)) == []
    assert events.Build(frozenset({PROSE, "docs/b.md"})) in asked(state, saved("docs/b.md"))
    assert after(state, saved("docs/b.md"), BUILT).findings == []
    waiting = after(idle, saved(PROSE), saved("docs/b.md"))
    assert asked(waiting, events.BuildFailed(full)) == [
        events.Build(frozenset({PROSE, "docs/b.md"}))
    ]


def test_a_conf_that_cannot_be_used_is_tried_again_by_a_new_sphinx(idle: State) -> None:
    """Whichever file is saved next."""
    state = after(idle, saved("conf.py"), planned(2), events.BuildFailed(WRONG))
    assert events.Build(frozenset({"conf.py", PROSE}), anew=True) in asked(state, saved(PROSE))


def test_a_failed_build_ends_the_run_that_it_was_to_show(testing: State) -> None:
    """Or the pages would say that it is running."""
    state = after(testing, events.Finished(2), events.Finished(2), events.BuildFailed(WRONG))
    assert not state.testing
    assert state.run is None


def test_a_dead_ray_is_started_again_and_what_it_left_undone_is_done(testing: State) -> None:
    """Whether it died before, in or after the run."""
    busy = after(testing, saved(TEST), planned(3, ORDER))
    assert asked(busy, events.RayDied()) == [events.StartRay()]
    assert asked(busy, events.RayDied(), events.RayStarted()) == [
        events.Plan(5, frozenset({TEST}), frozenset())
    ]
    between = after(busy, events.RayDied(), saved(SNIPPET))
    assert between.testing
    assert after(between, events.Finished(3), planned(3, ORDER)).run is None


def test_a_ray_that_does_not_start_is_tried_again_later() -> None:
    """It is a finding until it does."""
    finding = Finding(Place("build/preview.log"), Kind.RAY, "Ray did not start")
    state = after(State(LAYOUT), events.Started(frozenset()))
    assert asked(state, events.RayFailed(finding)) == [events.StartRay(AGAIN)]
    assert after(state, events.RayFailed(finding)).findings == [finding]
    assert after(state, events.RayFailed(finding), events.RayStarted()).findings == []


def test_what_tests_may_cure_is_no_finding_while_they_run(idle: State) -> None:
    """Everything else is."""
    site = events.Built(events.Site((STALE, WRONG)), 0.1)
    state = after(idle, saved(SNIPPET), planned(2, ORDER), site)
    assert state.findings == [WRONG]
    assert after(state, events.Finished(2), site).findings == [WRONG, STALE]


def test_a_file_that_cannot_be_read_is_looked_through_after_the_next_save(testing: State) -> None:
    """Nobody knows its tests, so no evidence of them is stale."""
    finding = Finding(Place(TEST, 5), Kind.TESTS, "SyntaxError")
    state = after(
        testing, events.Unreadable(2, TEST, finding), events.Finished(2), events.Finished(2), BUILT
    )
    assert state.findings == [finding]
    mended = "tests/support.py"
    assert events.Plan(3, frozenset({TEST}), frozenset()) in asked(state, saved(mended))
    assert after(state, saved(mended), planned(3)).findings == []


def test_a_process_that_ends_early_is_a_finding(testing: State) -> None:
    """Until a run goes well."""
    early = Finding(Place("build/preview.log"), Kind.TESTS, "the tests ended early")
    state = after(testing, events.Finished(2, early), events.Finished(2), BUILT)
    assert state.findings == [early]
    assert after(state, saved(SNIPPET), planned(3, ORDER), events.Finished(3)).findings == []


def test_what_a_process_left_undone_is_asked_for_again(idle: State) -> None:
    """Its new files with it: no evidence knows of them."""
    early = Finding(Place("build/preview.log"), Kind.TESTS, "the tests ended early")
    new = frozenset(f"tests/snippets/new/test_{n}.py" for n in range(500))
    run = events.Saved(new), planned(2, *PROCESSES), events.Finished(2, early), events.Finished(2)
    state = after(idle, *run, BUILT, BUILT)
    assert not state.testing
    assert events.Plan(3, new, frozenset()) in asked(state, saved("tests/snippets/conftest.py"))
    assert after(state, saved(SNIPPET), planned(3)).files == frozenset()


def test_tests_that_nobody_knew_count_when_they_are_found(testing: State) -> None:
    """Among those that are to end."""
    state = after(testing, events.Chosen(2, (f"{TEST}::new", f"{TEST}::test")))
    assert state.run is not None
    assert state.run.pending == {
        f"{TEST}::new": frozenset(),
        f"{TEST}::test": frozenset({SNIPPET}),
    }


@pytest.mark.parametrize("path", ["pyproject.toml", "/env/package/page/audit.py"])
def test_changed_settings_are_tried_before_a_restart(idle: State, path: str) -> None:
    """If they cannot be used, the preview goes on as it is, and says so."""
    assert events.Try() in asked(idle, saved(path))
    problem = Finding(Place("pyproject.toml"), Kind.SETTINGS, "cannot be used")
    assert asked(idle, events.Tried(problem)) == []
    assert after(idle, events.Tried(problem)).findings == [problem]
    assert asked(idle, events.Tried(None)) == [events.Restart()]


def test_what_is_saved_with_the_settings_is_not_lost(idle: State) -> None:
    """As by a switch to a branch whose settings cannot be used."""
    effects = asked(idle, saved("pyproject.toml", PROSE, TEST))
    assert events.Try() in effects
    assert events.Plan(2, frozenset({TEST}), frozenset()) in effects
    assert events.Build(frozenset({"pyproject.toml", PROSE, TEST})) in effects
