from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from livesnippets.evidence import files
from livesnippets.evidence.ledger import Ledger
from livesnippets.evidence.results import Capture, Evidence, Failure, Frame
from livesnippets.evidence.verdict import spans
from livesnippets.finding import Place
from livesnippets.settings import Settings
from livesnippets.source.module import Source, read_source
from livesnippets.source.statements import Statement

if TYPE_CHECKING:
    from livesnippets.evidence.results import Result
    from livesnippets.evidence.verdict import Verdict
    from livesnippets.source.parts import Position
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


LONG = """\
def check(flag):
    assert (
        flag
    )
    return (
        flag
        and print(
            "yes",
        )
    )
"""


def test_a_statement_over_several_lines_ran_when_one_of_them_did(repository: Repository) -> None:
    """CPython reports the lines of its parts, and never that of the bracket."""
    repository.write(PATH, LONG)
    hits = {PATH: [1, 3, 6, 7, 8]}
    assert set(verdict(repository, one=repository.test_run(hits=hits)).lines.values()) == {"proven"}


def test_a_part_on_lines_of_its_own_needs_hits_of_its_own(repository: Repository) -> None:
    """That the rest of its statement ran proves nothing of it; a test may declare it."""
    repository.write(PATH, LONG)
    run = repository.test_run(hits={PATH: [1, 3, 6]})
    found = verdict(repository, one=run)
    assert [n for n, state in found.lines.items() if state == "unproven"] == [7, 8, 9]
    assert "no passing test runs lines 7-9" in str(found.findings[0])
    found = verdict(repository, one=replace(run, unreached={PATH: [7, 8]}))
    assert [n for n, state in found.lines.items() if state == "unreached"] == [7, 8, 9]
    assert found.state == "proven"


PARTS = """\
def check(flag):
    if flag: print(1)
    return [n for n in flag or "ab" if n]


numbers = [check(n) for n in (0, "")]
"""


def parts(repository: Repository, *texts: str) -> dict[str, list[Position]]:
    """Return the parts of the module that read so."""
    source = read_source(repository.root, PATH)
    return {PATH: [part for part in source.parts if source.text_of(part) in texts]}


def test_a_line_that_ran_in_part_is_refused(repository: Repository) -> None:
    """Each part that no test ran is named; a test may declare it."""
    repository.write(PATH, PARTS)
    ran = parts(repository, '"ab"', "check(n)", "n", "if n")
    run = repository.test_run(parts=ran)
    found = verdict(repository, one=run)
    assert found.state == "unproven"
    assert [n for n, state in found.lines.items() if state == "partly"] == [2]
    assert found.skipped == [(2, "print(1)")]
    [finding] = found.findings
    assert str(finding) == (
        f"{PATH}:2: line 2 ran, but no passing test runs its part 'print(1)'; "
        "write one in tests/snippets/test_poller.py, "
        "or mark it as never_reached(..., part='print(1)')"
    )
    declared = replace(run, unreached_parts=parts(repository, "print(1)"))
    found = verdict(repository, one=declared)
    assert (found.state, found.lines[2], found.findings) == ("proven", "partly", [])


def test_tests_run_the_parts_of_a_line_together(repository: Repository) -> None:
    """As they do lines."""
    repository.write(PATH, PARTS)
    texts = ["print(1)", '"ab"', "check(n)", "n"]
    runs = [repository.test_run(parts=parts(repository, text)) for text in texts]
    found = verdict(repository, **{f"test{n}": run for n, run in enumerate(runs)})
    assert (found.state, found.skipped) == ("proven", [])
    del runs[0]
    found = verdict(repository, **{f"test{n}": run for n, run in enumerate(runs)})
    assert (found.state, found.skipped) == ("unproven", [(2, "print(1)")])


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_a_part_that_any_test_ran_is_not_unreached(repository: Repository, outcome: str) -> None:
    """No more than a line is."""
    repository.write(PATH, PARTS)
    declared = parts(repository, "print(1)")
    claim = repository.test_run(parts=parts(repository, "n"), unreached_parts=declared)
    found = verdict(repository, claim=claim, other=repository.test_run(outcome=outcome))
    assert found.lines[2] == "unproven"
    assert "line 2 ran, though a test declares that never reached" in str(found.findings[0])


def test_a_part_that_python_says_nothing_of_is_refused(repository: Repository) -> None:
    """A line of its own can be told apart from what is around it."""
    repository.write(PATH, "for n in range(3):\n    if n: continue\n")
    found = verdict(repository, one=repository.test_run(parts={}))
    assert found.state == "unproven"
    assert "Python does not say whether 'continue' ran; give it a line" in str(found.findings[0])


def test_a_line_that_is_nothing_but_a_part_did_not_run_if_the_part_did_not(
    repository: Repository,
) -> None:
    """Python reports the line all the same, for it jumps over it from there."""
    repository.write(PATH, "x = [\n    str(n)\n    for n in range(3)\n    if n > 3\n]\n")
    found = verdict(repository, one=repository.test_run(parts=parts(repository, "n > 3")))
    assert found.lines == {**dict.fromkeys((1, 3, 4, 5), "proven"), 2: "unproven"}


def test_a_declaration_of_a_long_statement_is_contested_by_each_of_its_lines(
    repository: Repository,
) -> None:
    """Also by one that is not its first."""
    repository.write(PATH, LONG)
    unreached = {PATH: sorted(read_source(repository.root, PATH).body("check"))}
    found = verdict(repository, one=repository.test_run(hits={PATH: [1, 3]}, unreached=unreached))
    assert found.lines[2] == found.lines[3] == "unproven"
    assert found.lines[5] == "unreached"
    assert "lines 2-4 ran, though a test declares that never reached" in str(found.findings[0])


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def f():\n    return 1\n    print(2)\n", 3),
        ("def f():\n    if False:\n        print(2)\n    return 1\n", 3),
        ("def f():\n    x: int\n    return 1\n", 2),
        ("while True:\n    break\n    print(\n        2\n    )\n", 3),
    ],
)
def test_what_python_leaves_out_is_refused(repository: Repository, code: str, line: int) -> None:
    """It stands on the page and can never run; no test could prove it."""
    repository.write(PATH, code)
    found = verdict(repository)
    assert (found.state, found.lines[line]) == ("unproven", "unproven")
    [finding] = found.findings
    assert str(finding) == (
        f"{PATH}:{line}: Python leaves out line {line}, which can never run; "
        "remove what does nothing"
    )


def test_what_needs_no_code_is_not_refused(repository: Repository) -> None:
    """Docstrings, declarations and what merely fills a body."""
    repository.write(
        PATH,
        """
        class Empty:
            'Says something.'
            x: int
            y: str = 'y'

            def nothing(self):
                'Say something.'

            def later(self): ...

        def count():
            global number
            number = 1
            for _ in 'ab':
                pass
            try:
                pass
            finally:
                while True:
                    if number:
                        break
                    else:
                        continue
        """,
    )
    assert verdict(repository).findings == []


def test_a_block_without_code_is_not_proven(repository: Repository) -> None:
    """Comments alone do not run."""
    repository.write(PATH, "# region words\n# Nothing runs here.\n# endregion words\nx = 1\n")
    repository.prove()
    source = read_source(repository.root, PATH)
    found = Ledger.of(Settings(repository.root)).judge(source, source.region("words"))
    assert found.state == "unproven"
    assert str(found.findings[0]) == f"{PATH}:2: a block without a line that runs; show more"


FIXTURE = Failure("RuntimeError: no port\nmore", [Frame("tests/conftest.py", 7)])


@pytest.mark.parametrize("part", ["whole", "fetch"])
@pytest.mark.parametrize("how", ["imports", "mirrors"])
def test_a_test_that_fails_before_the_snippet_is_the_reason(
    repository: Repository, part: str, how: str
) -> None:
    """Not that no test runs it, whether the test imports it or only mirrors it."""
    early = repository.test_run(outcome="failed", hits={}, failure=FIXTURE)
    others = {path: seen for path, seen in early.files.items() if path != PATH}
    repository.prove(early=early if how == "imports" else replace(early, files=others))
    source = read_source(repository.root, PATH)
    excerpt = source.whole() if part == "whole" else source.region(part)
    found = Ledger.of(Settings(repository.root, tests="tests")).judge(source, excerpt)
    assert (found.state, [*found.failures.values()]) == ("failed", [FIXTURE])
    assert [str(each) for each in found.findings] == [
        f"{PATH}:{excerpt.numbers[0]}: tests/test_poller.py::early fails: RuntimeError: no port"
    ]
    assert found.findings[0].fault == Place("tests/conftest.py", 7)


def test_a_skipped_test_is_the_reason(repository: Repository) -> None:
    """With the reason that it gives itself; not when other tests prove the lines."""
    skipped = repository.test_run(outcome="skipped", hits={}, failure=Failure("needs a GPU"))
    found = verdict(repository, skipped=skipped)
    assert found.state == "unproven"
    assert [each.told for each in found.findings] == [
        "tests/test_poller.py::skipped is skipped: needs a GPU; let it run"
    ]
    assert verdict(repository, skipped=skipped, ran=repository.test_run()).state == "proven"


def test_a_block_without_a_test_says_where_to_write_one(repository: Repository) -> None:
    """In the file that mirrors it."""
    (finding,) = verdict(repository, one=repository.test_run(without={PATH: {11}})).findings
    assert finding.told == (
        "no passing test runs line 11; "
        "write one in tests/snippets/test_poller.py, or mark what never runs as never_reached"
    )


def test_a_long_message_is_cut(repository: Repository) -> None:
    """It stands at the block in full."""
    failure = Failure("x" * 1500)
    found = verdict(repository, red=repository.test_run(outcome="failed", failure=failure))
    assert len(str(found.findings[0])) < 300
    assert found.failures["tests/test_poller.py::red"] == failure


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


def test_a_copy_of_evidence_does_no_harm(repository: Repository) -> None:
    """A test run writes one file; what lies beside it under another name is not read."""
    evidence = repository.evidence_file
    old = evidence.read_bytes()
    repository.edit("helpers.py", "time.monotonic()", "time.time()")
    repository.prove()
    copy = evidence.with_name("old-ray.json")
    copy.write_bytes(old)
    ledger = Ledger.of(Settings(repository.root))
    assert (ledger.findings, ledger.stale) == ([], {})

    evidence.unlink()
    [finding] = Ledger.of(Settings(repository.root)).findings
    assert finding.told == (
        f"is not named {evidence.name}, as a test run names it; remove it and run 'make html'"
    )


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


@pytest.mark.parametrize("path", ["conftest.py", "tests/conftest.py"])
def test_a_new_conftest_makes_the_tests_below_it_stale(repository: Repository, path: str) -> None:
    """For they ran without it."""
    ledger = Ledger.of(Settings(repository.root))
    assert ledger.current
    repository.write("snippets/conftest.py", "")
    assert ledger.holds
    repository.write(path, "")
    assert not ledger.holds
    assert Ledger.of(Settings(repository.root)).stale == {
        "tests/test_poller.py::test_poller": [path]
    }


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
    for digest, lines in (source.digest, {11, 12}), ("sha256:0", {3, 6, 10, 11, 15, 16}):
        found = Evidence(repository.environment, tests, {digest: [Statement(11, [[11], [11]], [])]})
        files.write(repository.root / "build/evidence", found)
        ledger = Ledger.of(Settings(repository.root))
        fresh = Source(path, source.text)
        assert set(ledger.judge(fresh, fresh.whole()).lines) == lines


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
