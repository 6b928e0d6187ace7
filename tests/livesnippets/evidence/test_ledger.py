from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from livesnippets.evidence import files
from livesnippets.evidence.ledger import Ledger
from livesnippets.evidence.results import Capture, Evidence
from livesnippets.evidence.verdict import spans
from livesnippets.settings import Settings
from livesnippets.source.module import Source, read_source

if TYPE_CHECKING:
    from livesnippets.evidence.results import Result
    from livesnippets.evidence.verdict import Verdict
    from tests.support.repository import Repository

PATH = "snippets/poller.py"


def verdict(repository: Repository, **runs: Result) -> Verdict:
    """Return the verdict on the whole poller."""
    repository.prove(**runs)
    source = read_source(repository.root, PATH)
    return Ledger.of(Settings(repository.root)).judge(source, source.whole())


def test_two_tests_prove_together(repository: Repository) -> None:
    """A line is proven by any test, a block by all of them."""
    found = verdict(
        repository,
        one=repository.test_run(without={PATH: {11}}),
        other=repository.test_run(hits={PATH: [11]}),
    )
    assert (found.state, found.findings) == ("proven", [])
    assert len(found.tests) == 2


def test_lines_that_ran_on_import_are_proven_for_the_importing_test(
    repository: Repository,
) -> None:
    """What ran when the module was imported belongs to each test that imports it."""
    found = verdict(
        repository, one=repository.test_run(hits={PATH: [11, 16]}, imported={PATH: [3, 6, 10, 15]})
    )
    assert found.state == "proven"


def test_a_stale_test_proves_nothing(repository: Repository) -> None:
    """Nor does it when a current one proves part of the block."""
    run = repository.test_run()
    stale = replace(run, files={**run.files, "helpers.py": "sha256:0"})
    found = verdict(repository, stale=stale, current=replace(run, hits={PATH: [3, 6]}))
    assert found.state == "stale"
    assert {line for line, state in found.lines.items() if state == "proven"} == {3, 6}
    assert "helpers.py changed since tests/test_poller.py::stale ran" in found.findings[0].message


def test_a_stale_test_does_not_trouble_proven_lines(repository: Repository) -> None:
    """One current test is enough."""
    run = repository.test_run()
    stale = replace(run, files={**run.files, "helpers.py": "sha256:0"})
    assert verdict(repository, stale=stale, current=run).state == "proven"


def test_a_stale_declaration_declares_nothing(repository: Repository) -> None:
    """Never reached is a claim of a passing, current test."""
    run = repository.test_run(without={PATH: {16}})
    for spoilt in (
        replace(run, outcome="failed", unreached={PATH: [16]}),
        replace(run, files={**run.files, "helpers.py": "x"}, unreached={PATH: [16]}),
    ):
        assert verdict(repository, one=run, other=spoilt).lines[16] == "unproven"
    declared = replace(run, unreached={PATH: [16]})
    assert verdict(repository, one=run, other=declared).lines[16] == "unreached"


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_a_line_that_any_test_ran_is_not_unreached(repository: Repository, outcome: str) -> None:
    """A failing test that got there shows that the claim is wrong, too."""
    found = verdict(
        repository,
        claim=repository.test_run(without={PATH: {16}}, unreached={PATH: [16]}),
        other=repository.test_run(outcome=outcome),
    )
    assert found.lines[16] == "unproven"
    assert found.findings[0].place.line == 16


def test_a_block_without_code_is_not_proven(repository: Repository) -> None:
    """Comments alone do not run."""
    repository.write(PATH, "# region words\n# Nothing runs here.\n# endregion words\nx = 1\n")
    repository.prove()
    source = read_source(repository.root, PATH)
    found = Ledger.of(Settings(repository.root)).judge(source, source.region("words"))
    assert found.state == "unproven"
    assert str(found.findings[0]) == f"{PATH}:2: a block without a line that runs; show more"


def test_evidence_from_elsewhere_does_no_harm(repository: Repository) -> None:
    """One repository may keep the evidence of many environments, and of older versions of this."""
    elsewhere = replace(repository.environment, python="3.12.0")
    path = files.write(repository.root / "build/evidence", Evidence(elsewhere, {}))
    assert Ledger.of(Settings(repository.root)).findings == []
    path.write_text("{}")
    assert Ledger.of(Settings(repository.root)).findings == []
    repository.evidence_file.unlink()
    [finding] = Ledger.of(Settings(repository.root)).findings
    assert finding.place.path == path.relative_to(repository.root).as_posix()


def test_only_passed_tests_on_unchanged_files_are_current(repository: Repository) -> None:
    """A test that is not current runs again."""
    run = repository.test_run()
    repository.prove(
        passed=run,
        failed=replace(run, outcome="failed"),
        skipped=replace(run, outcome="skipped"),
        stale=replace(run, files={**run.files, "helpers.py": "x"}),
        older_than_the_lock=replace(run, files={PATH: run.files[PATH]}),
        printed_twice=replace(run, outputs={"snippets.poller": Capture(["1\n"] * 2)}),
        printed_once=replace(run, outputs={"snippets.poller": Capture(["1\n"])}),
    )
    ledger = Ledger.of(Settings(repository.root))
    current = [name for name in ledger.tests if ledger.is_current(name)]
    names = ["passed", "printed_twice"]
    assert current == [f"tests/test_poller.py::{name}" for name in names]
    assert not ledger.is_current("tests/test_poller.py::new")


def test_all_that_a_page_shows_is_in_the_fingerprint(repository: Repository) -> None:
    """A verdict that differs in anything has another fingerprint."""
    run = repository.test_run()
    verdicts = [
        verdict(repository, one=run),
        verdict(repository, other=run),
        verdict(repository, one=replace(run, duration=0.5)),
        verdict(repository, one=replace(run, commit="")),
        verdict(repository, one=replace(run, hits={})),
    ]
    assert len({each.fingerprint for each in verdicts}) == len(verdicts)
    assert verdict(repository, one=run).fingerprint == verdicts[0].fingerprint


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([7], "7"), ([3, 2, 1], "1-3"), ([1, 3, 4, 9], "1, 3-4, 9")],
)
def test_line_numbers_are_written_in_short(numbers: list[int], text: str) -> None:
    """Neighbours become spans."""
    assert spans(numbers) == text


def test_statements_come_from_the_evidence_of_the_very_text(repository: Repository) -> None:
    """To find them again takes longer than all else; for another text they are found."""
    path, source = PATH, read_source(repository.root, PATH)
    run = repository.test_run(hits={path: [11]})
    tests = {"tests/test_poller.py::test_poller": run}
    for digest, lines in (source.digest, {11}), ("sha256:0", {3, 6, 10, 11, 15, 16}):
        found = Evidence(repository.environment, tests, {digest: [[11, 12]]})
        files.write(repository.root / "build/evidence", found)
        ledger = Ledger.of(Settings(repository.root))
        fresh = Source(path, source.text)
        assert set(ledger.judge(fresh, fresh.whole()).lines) == lines
        assert fresh.statement(12) == (11 if lines == {11} else 12)


def test_a_ledger_holds_as_long_as_nothing_changes(repository: Repository) -> None:
    """Neither a file that a test ran nor the evidence, whatever the clock says of it."""
    ledger = Ledger.of(Settings(repository.root))
    assert ledger.current
    assert ledger.holds
    repository.edit("helpers.py", "monotonic", "time", keep_time=True)
    assert not ledger.holds
    repository.edit("helpers.py", "time.time", "time.monotonic")
    assert ledger.holds
    repository.prove(again=repository.test_run())
    assert not ledger.holds


def test_a_ledger_holds_no_longer_when_a_test_file_is_there_again(repository: Repository) -> None:
    """For then the evidence counts that did not before."""
    test = repository.root / "tests/test_poller.py"
    test.unlink()
    ledger = Ledger.of(Settings(repository.root))
    assert ledger.holds
    test.touch()
    assert not ledger.holds
