"""A sentence is tied to the test that shows it, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence import files
from livesnippets.evidence.ledger import Ledger
from livesnippets.evidence.reasons import Missing
from livesnippets.evidence.results import Capture, Evidence, Failure
from livesnippets.page import claims
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from tests.support.repository import Repository

TEST = '''
def test_poller():
    """Every item is fetched
    once."""
'''
NODE = "tests/test_poller.py::test_poller"
CLAIM = "\nIt fetches every item once.{claim}`test_poller` It does not stop.\n"


@pytest.fixture
def claiming(repository: Repository) -> Repository:
    """Return a repository whose page has a claim in its last line but one."""
    repository.write("tests/test_poller.py", TEST)
    index = repository.root / "docs/index.md"
    index.write_text(index.read_text() + CLAIM)
    return repository


def test_a_claim_opens_to_what_shows_it(claiming: Repository) -> None:
    """Without a script: the docstring, the run, and where the test stands; and it is counted."""
    build = claiming.build()
    assert (build.code, build.findings) == (0, [])
    assert "1 claim shown" in build.said
    page = LexborHTMLParser(build.page())
    (claim,) = page.css("[data-claim]")
    assert (claim.attributes["data-claim"], claim.attributes["data-evidence"]) == (NODE, "proven")
    (button,) = claim.css("button")
    (note,) = page.css(f"#{button.attributes['popovertarget']}[popover]")
    says = note.text()
    assert "Every item is fetched once." in says
    assert f"test_poller passed on {claiming.environment}" in says
    assert "tests/test_poller.py:1" in says


def test_each_claim_of_a_page_has_an_id_of_its_own(claiming: Repository) -> None:
    """Also where two sentences name one test."""
    index = claiming.root / "docs/index.md"
    index.write_text(index.read_text() + CLAIM)
    page = LexborHTMLParser(claiming.build().page())
    assert len({note.id for note in page.css("[popover]")}) == 2


def test_a_test_with_parameters_is_one_claim(claiming: Repository) -> None:
    """All of its runs have to pass."""
    claiming.prove(**{"test_poller[a]": claiming.test_run(), "test_poller[b]": claiming.test_run()})
    assert claiming.build().findings == []
    claiming.prove(
        **{
            "test_poller[a]": claiming.test_run(),
            "test_poller[b]": claiming.test_run(outcome="skipped"),
        }
    )
    assert "test_poller[b] is skipped: no message" in claiming.refuse()[0]


@pytest.mark.parametrize(
    ("state", "test"), [("failed", NODE), ("stale", NODE), ("unproven", "test_poller")]
)
def test_the_preview_shows_how_a_claim_stands(claiming: Repository, state: str, test: str) -> None:
    """Its element names the test and its state, also when it is refused: scripts follow it."""
    if state == "failed":
        run = claiming.test_run(outcome="failed", failure=Failure("ValueError: no"))
        claiming.prove(test_poller=run, test_other=claiming.test_run())
    elif state == "stale":
        claiming.edit("helpers.py", "time.monotonic()", "time.perf_counter()")
    else:
        claiming.prove(test_other=claiming.test_run())
    page = LexborHTMLParser(claiming.build(strict=False).page())
    (claim,) = page.css("[data-claim]")
    assert (claim.attributes["data-claim"], claim.attributes["data-evidence"]) == (test, state)
    assert claim.css_first(".snippet-problem") is not None


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            {"outcome": "failed", "failure": Failure("ValueError: no\nmore")},
            f"{NODE} fails: ValueError: no",
        ),
        ({"outcome": "skipped"}, f"{NODE} is skipped: no message; let it run"),
    ],
    ids=["failed", "skipped"],
)
def test_a_claim_whose_test_does_not_pass_is_refused(
    claiming: Repository, outcome: dict[str, Any], told: str
) -> None:
    """Even when another test proves the block; fresh and incremental."""
    proven = claiming.test_run()
    claiming.prove(test_poller=proven)
    assert claiming.build().code == 0
    claiming.prove(test_poller=claiming.test_run(**outcome), test_other=proven)
    assert any(told in finding for finding in claiming.refuse())


def test_a_claim_whose_test_is_stale_or_missing_is_refused(claiming: Repository) -> None:
    """A changed helper makes it stale; a name that no test has is none."""
    assert claiming.build().code == 0
    claiming.edit("helpers.py", "time.monotonic()", "time.perf_counter()")
    stale = f"docs/index.md:6: stale evidence: helpers.py changed since {NODE} ran; run 'make html'"
    assert stale in claiming.refuse()
    claiming.prove(test_other=claiming.test_run())
    (finding,) = claiming.refuse()
    assert finding.startswith("docs/index.md:6: no test is called 'test_poller'")


def test_a_name_that_two_files_use_wants_the_file(claiming: Repository) -> None:
    """It is not guessed which of them is meant."""
    claiming.write("tests/test_more.py", TEST)
    names = (NODE, "tests/test_more.py::test_poller")
    found = Evidence(claiming.environment, {name: claiming.test_run() for name in names})
    files.write(claiming.root / "build/evidence", found)
    ledger = Ledger.of(Settings.read(claiming.root))
    with pytest.raises(Missing, match="2 tests are called 'test_poller'"):
        claims.find(ledger, "test_poller")
    assert [*claims.find(ledger, "test_poller.py::test_poller")] == [NODE]


def test_what_looks_like_a_claim_and_is_none_is_refused(claiming: Repository) -> None:
    """Raw HTML cannot bear the mark of a claim."""
    index = claiming.root / "docs/index.md"
    index.write_text(f'{index.read_text()}\n<span data-claim="{NODE}">It is so.</span>\n')
    assert any("broken mark" in finding for finding in claiming.refuse())


def test_a_test_that_no_sentence_names_is_listed(claiming: Repository) -> None:
    """Beside the claims of each page; not one that a sentence names, or that leaves an output."""
    printed = {"snippets.poller": Capture(["1\n", "1\n"], [])}
    claiming.prove(
        test_poller=claiming.test_run(),
        **{"test_more[a]": claiming.test_run(), "test_more[b]": claiming.test_run()},
        test_main=claiming.test_run(outputs=printed),
    )
    build = claiming.build()
    told = "build/html-doctrees/claims.txt"
    assert f"1 test is named by no sentence: {told}\n1 block" in build.said
    assert (claiming.root / told).read_text().splitlines() == [
        "Claims of each page:",
        "    1  docs/index.md",
        "",
        "Tests that no sentence names:",
        "tests/test_poller.py::test_more",
    ]
