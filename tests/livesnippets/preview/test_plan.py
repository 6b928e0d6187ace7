from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from livesnippets.evidence.ledger import Ledger
from livesnippets.preview import plan
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from livesnippets.evidence.results import Result
    from tests.support.repository import Repository

FILE = "tests/test_poller.py"
SNIPPET = "snippets/poller.py"


def ledger(repository: Repository, **runs: Result) -> Ledger:
    """Return the ledger of a repository whose tests left these runs."""
    repository.prove(**runs)
    return Ledger.of(Settings(repository.root))


def stale(run: Result) -> Result:
    """Return the run as it would be, had a helper changed since."""
    return replace(run, files={**run.files, "helpers.py": "sha256:0"})


def known(repository: Repository, **runs: Result) -> dict[str, Result]:
    """Return runs that depend on their test file as it is now."""
    (repository.root / "tests").mkdir(exist_ok=True)
    return {name: replace(run, files={**run.files, FILE: EMPTY}) for name, run in runs.items()}


EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_save_asks_for_the_stale_tests(repository: Repository) -> None:
    """And for no other."""
    run = repository.test_run()
    found = ledger(repository, old=stale(run), current=run, red=replace(run, outcome="failed"))
    assert plan.wanted(found, set(), set()) == {f"{FILE}::old"}


def test_the_start_asks_for_what_failed_too(repository: Repository) -> None:
    """As ``--stale`` does, in the files that it looks through."""
    run = repository.test_run()
    found = ledger(repository, current=run, red=replace(run, outcome="failed"))
    assert plan.wanted(found, {FILE}, set()) == {f"{FILE}::red"}
    assert plan.wanted(found, {"tests/test_other.py"}, set()) == set()


def test_a_button_asks_for_the_tests_of_its_block(repository: Repository) -> None:
    """Those that ran it or declare it never reached, current or not."""
    run = repository.test_run()
    never = replace(run, hits={}, unreached={SNIPPET: [16]})
    other = replace(run, hits={"snippets/other.py": [1]})
    found = ledger(repository, ran=run, never=never, other=other)
    assert plan.wanted(found, set(), {SNIPPET}) == {f"{FILE}::ran", f"{FILE}::never"}


def test_a_button_asks_for_the_tests_that_never_got_to_their_block(
    repository: Repository,
) -> None:
    """Those that import it, or whose file mirrors it; if one ran it, that one alone."""
    run = repository.test_run()
    early = replace(run, outcome="failed", hits={})
    found = ledger(repository, early=early)
    assert plan.wanted(found, set(), {SNIPPET}) == {f"{FILE}::early"}
    found = ledger(repository, early=early, ran=run)
    assert plan.wanted(found, set(), {SNIPPET}) == {f"{FILE}::ran"}
    blind = replace(early, files={})
    mirroring = Settings(repository.root, tests="tests")
    repository.prove(blind=blind)
    assert plan.tests_of(Ledger.of(mirroring), SNIPPET) == {f"{FILE}::blind"}


def test_a_button_without_tests_says_where_to_write_one(repository: Repository) -> None:
    """In the file that mirrors the block."""
    found = ledger(repository, test=repository.test_run())
    (finding,) = plan.untested(found, {SNIPPET, "snippets/a/new.py"})
    wanted = (
        "snippets/a/new.py:1: no test runs this block; write one in tests/snippets/a/test_new.py"
    )
    assert str(finding) == wanted


def test_an_order_is_read_from_the_folder_of_its_files() -> None:
    """Whose ``conftest.py`` counts for all of them."""

    def folder(*files: str) -> str:
        return plan.Order(list(files), frozenset(), frozenset(), frozenset()).folder

    assert folder("tests/a/test_a.py") == "tests/a"
    assert folder("tests/a/b/test_a.py", "tests/a/test_b.py", "tests/ab/test_c.py") == "tests"
    assert folder("tests/test_a.py", "test_b.py") == folder("test_b.py") == "."


@pytest.mark.parametrize("most", [1, 2, 3, 8])
def test_every_test_is_in_one_share(repository: Repository, most: int) -> None:
    """However many there are to share them."""
    run = repository.test_run()
    runs = known(repository, **{f"test_{n}": replace(run, duration=n / 10) for n in range(5)})
    found = ledger(repository, **runs)
    orders = plan.share(found, set(found.tests), {FILE}, most)
    assert len(orders) == min(most, 5)
    shared = [name for order in orders for name in order.names]
    assert sorted(shared) == sorted(found.tests)
    assert all(order.files == [FILE] and not order.unknown_of for order in orders)


def test_shares_take_about_as_long_as_each_other(repository: Repository) -> None:
    """A long test does not wait behind others."""
    run = repository.test_run()
    times = {"long": 6.0, "a": 2.0, "b": 2.0, "c": 1.5}
    runs = known(repository, **{n: replace(run, duration=t) for n, t in times.items()})
    found = ledger(repository, **runs)
    one, other = plan.share(found, set(found.tests), set(), 2)
    assert {one.names, other.names} == {
        frozenset({f"{FILE}::long"}),
        frozenset(f"{FILE}::{name}" for name in "abc"),
    }


def test_nothing_to_do_makes_no_order(repository: Repository) -> None:
    """A file whose tests are known and current is not even read."""
    found = ledger(repository, **known(repository, test=repository.test_run()))
    assert plan.share(found, set(), {FILE}, 4) == []


def test_new_tests_are_found_once(repository: Repository) -> None:
    """In a file that changed or is new; by one of the shares."""
    found = ledger(repository, **known(repository, old=repository.test_run()))
    (repository.root / FILE).write_text("# edited\n")
    again = Ledger.of(Settings(repository.root))
    orders = plan.share(again, set(again.stale), {FILE, "tests/test_new.py"}, 4)
    assert sum(order.asks_for(f"{FILE}::new") for order in orders) == 1
    assert sum(order.asks_for("tests/test_new.py::test") for order in orders) == 1
    assert sum(order.asks_for(f"{FILE}::old") for order in orders) == 1
    assert found.tests.keys() == again.tests.keys()
