from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import status
from livesnippets.preview.events import Build, Page, Site
from livesnippets.preview.state import Layout, Run, State

SITE = Site(
    pages={
        "index.html": Page("1", "docs/index.md", frozenset()),
        "patterns/a.html": Page("2", "docs/patterns/a.md", frozenset({"snippets/a.py"})),
        "search.html": Page("3", "", frozenset()),
    },
    assets="a1",
)


@pytest.fixture
def idle() -> State:
    """Return the state of a preview that has nothing to do."""
    layout = Layout("docs", "conf.py", "tests/snippets", frozenset())
    return State(layout, site=SITE, ray=True)


def wrong(path: str, line: int = 1, message: str = "is wrong") -> Finding:
    """Return a finding at a place."""
    return Finding(Place(path, line), Kind.SPHINX, message)


def found(state: State, *findings: Finding) -> State:
    """Return the state with these findings on its pages."""
    return replace(state, site=replace(state.site, findings=findings))


def test_a_browser_hears_all_that_a_page_shows(idle: State) -> None:
    """What is at work, what runs, what is wrong, and how new each page is."""
    pending = {name: frozenset({"snippets/a.py"}) for name in ("one", "two")}
    busy = replace(
        idle, building=Build(), testing=True, run=Run(1, pending, outcomes={"one": True})
    )
    assert status.message(busy) == {
        "doing": "building and testing, 1 of 2 tests done",
        "longest": None,
        "running": {"snippets/a.py": 2},
        "claims": ["one", "two"],
        "problems": [],
        "pages": {"index.html": "1", "patterns/a.html": "2", "search.html": "3"},
        "assets": "a1",
    }
    assert status.message(idle)["doing"] == ""
    assert status.doing(replace(idle, ray=False, testing=True)) == "starting Ray"
    assert status.doing(replace(idle, testing=True)) == "testing"


def test_a_claim_runs_as_long_as_any_run_of_its_test_is_pending(idle: State) -> None:
    """A test with parameters is one claim; nothing runs when all is done."""
    pending = dict.fromkeys(
        ("test_b.py::t[x]", "test_b.py::t[y]", "test_a.py::t"), frozenset[str]()
    )
    busy = replace(idle, testing=True, run=Run(1, pending, outcomes={"test_b.py::t[x]": True}))
    assert status.message(busy)["claims"] == ["test_a.py::t", "test_b.py::t"]
    assert status.message(idle)["claims"] == []


def test_the_test_that_runs_for_longest_is_named(idle: State) -> None:
    """In the terminal when it has run for long; not what has ended, nor what ended its process."""
    begun = {"t/test_a.py::t[a/b]": 100.0, "t/test_a.py::u": 50.0, "t/test_b.py::t": 103.0}
    run = Run(1, dict.fromkeys(begun, frozenset[str]()), begun, {"t/test_a.py::u": True})
    busy = replace(idle, testing=True, run=run)
    assert status.message(busy)["longest"] == ("t[a/b]", 100.0)
    assert status.lasting(busy, 109.0) == ""
    assert status.lasting(busy, 112.0) == "running t[a/b], 12 s"
    for quiet in (idle, replace(busy, run=replace(run, left=0))):
        assert status.message(quiet)["longest"] is None
        assert status.lasting(quiet, 1000.0) == ""


def test_addresses_name_pages() -> None:
    """A folder's address is that of its index."""
    assert status.page_at("/") == "index.html"
    assert status.page_at("/patterns/") == "patterns/index.html"
    assert status.page_at("/patterns/a.html") == "patterns/a.html"


def test_a_block_is_shown_by_a_page() -> None:
    """Or by none."""
    assert status.showing(SITE, "snippets/a.py") == "patterns/a.html"
    assert status.showing(SITE, "snippets/b.py") is None


def test_a_problem_leads_to_its_place(idle: State) -> None:
    """To the block of a snippet, to the page of a source, wherever that lies; or nowhere."""
    paths = ["snippets/a.py", "docs/index.md", "docs/gone.md", "build/preview.log"]
    message = status.message(found(idle, *(wrong(path, message=path) for path in paths)))
    assert {problem["text"]: problem["href"] for problem in message["problems"]} == {
        "snippets/a.py:1: snippets/a.py": "/patterns/a.html#block=snippets/a.py",
        "docs/index.md:1: docs/index.md": "/index.html",
        "docs/gone.md:1: docs/gone.md": None,
        "build/preview.log:1: build/preview.log": None,
    }


def test_a_problem_leads_to_an_editor(idle: State) -> None:
    """At its line; whose editor it is, an author may say."""
    state = found(idle, wrong("docs/a b.md", 7))
    named = {"root": "/home/a", "editor": "idea://open?file={path}&line={line}"}
    layouts = [replace(idle.layout, root="/home/a"), replace(idle.layout, **named)]
    messages = (status.message(replace(state, layout=layout)) for layout in layouts)
    assert [message["problems"][0]["editor"] for message in messages] == [
        "vscode://file/home/a/docs/a%20b.md:7",
        "idea://open?file=/home/a/docs/a%20b.md&line=7",
    ]


def test_a_problem_is_printed_when_it_comes(idle: State) -> None:
    """Not again while it lasts, but again when it comes back."""
    one, two = wrong("docs/index.md", 1), wrong("docs/index.md", 2, "is worse")
    states = [idle, *(found(idle, *each) for each in ([one], [one, two], [], [one]))]
    pairs = itertools.pairwise(states)
    assert [list(status.news(*pair)) for pair in pairs] == [[str(one)], [str(two)], [], [str(one)]]


def test_the_end_of_all_work_is_printed(idle: State) -> None:
    """With the count of what is wrong."""
    busy = replace(idle, building=Build())
    assert list(status.news(busy, idle)) == ["up to date"]
    assert list(status.news(busy, found(idle, wrong("a.md"))))[-1] == "up to date, 1 problem"
    assert list(status.news(idle, busy)) == []
