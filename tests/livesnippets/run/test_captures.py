from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.results import Capture, Measurement
from livesnippets.run.captures import MOST_OUTPUT

if TYPE_CHECKING:
    from tests.support.project import Project

CONFTEST = """
import pytest

@pytest.fixture
def ray_job():
    '''These snippets need no Ray.'''
"""


@pytest.fixture
def printing(project: Project) -> Project:
    """Return a project with a snippet that prints what `wanted.py` says."""
    project.write("conftest.py", CONFTEST)
    project.write(
        "snippets/printing.py",
        """
        import wanted

        def main():
            print(wanted.text())

        if __name__ == "__main__":
            main()
        """,
    )
    return project


def run(printing: Project, text: str, *arguments: str, varying: str = "") -> pytest.RunResult:
    """Run the snippet in a test; `text` is the expression that it prints."""
    printing.write(
        "wanted.py", f"import itertools\nnumbers = itertools.count(1)\ndef text(): return {text}\n"
    )
    printing.write(
        "tests/test_printing.py",
        f"""
        import snippets.printing

        def test_main(run_snippet):
            printed = run_snippet("snippets.printing", varying={varying.split()})
            assert printed.endswith("\\n")
        """,
    )
    return printing.run(*arguments)


def test_a_module_runs_as_a_script_and_its_output_is_kept(printing: Project) -> None:
    """All its lines are hits, those under the main guard as well."""
    result = run(printing, "'hello'")
    result.assert_outcomes(passed=1)
    evidence = printing.evidence["test_main"]
    assert evidence.outputs == {"snippets.printing": Capture(["hello\n"] * 2)}
    assert evidence.hits["snippets/printing.py"] == [1, 3, 4, 6, 7]


def test_what_varies_within_its_normalisers_is_stable(printing: Project) -> None:
    """All the outputs are kept, and what may vary."""
    result = run(printing, "f'pid={next(numbers)}'", "--repeat=3", varying="process-id")
    result.assert_outcomes(passed=1)
    evidence = printing.evidence["test_main"]
    assert evidence.outputs == {
        "snippets.printing": Capture(["pid=1\n", "pid=2\n", "pid=3\n"], ["process-id"])
    }


def test_what_varies_beyond_its_normalisers_fails(printing: Project) -> None:
    """The failure shows the difference, and nothing is kept for a page."""
    text = "f'pid={next(numbers)}\\nitem {next(numbers)}\\nend'"
    result = run(printing, text, "--repeat=2", varying="process-id")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*snippets.printing printed something else:*",
            "* pid=<process-id>",
            "*-item 2",
            "*+item 4",
        ]
    )
    assert printing.outcomes == {"test_main": "failed"}


@pytest.mark.parametrize(("arguments", "outcome"), [([], "failed"), (["--repeat=1"], "passed")])
def test_a_program_runs_twice_by_default(
    printing: Project, arguments: list[str], outcome: str
) -> None:
    """So that what varies is seen before it is published; a single run is asked for."""
    run(printing, "next(numbers)", *arguments)
    assert printing.outcomes == {"test_main": outcome}


def test_the_settings_say_how_often(printing: Project) -> None:
    """Twice is enough for most."""
    pyproject = printing.root / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}\n[tool.livesnippets]\nruns = 3\n")
    run(printing, "'hello'").assert_outcomes(passed=1)
    assert len(printing.evidence["test_main"].outputs["snippets.printing"].runs) == 3


def test_a_program_has_the_arguments_that_a_reader_s_has(printing: Project) -> None:
    """The path of its file, and none of pytest's."""
    run(printing, "__import__('sys').argv", "-q").assert_outcomes(passed=1)
    (output, _) = printing.evidence["test_main"].outputs["snippets.printing"].runs
    assert output == f"['{printing.root}/snippets/printing.py']\n"


@pytest.mark.parametrize(("code", "outcome"), [("0", "passed"), ("", "passed"), ("3", "failed")])
def test_a_program_may_exit(printing: Project, code: str, outcome: str) -> None:
    """One that ends with another code than 0 fails."""
    result = run(printing, f"print('hello') or exit({code})")
    assert printing.outcomes == {"test_main": outcome}
    if outcome == "failed":
        result.stdout.fnmatch_lines(["*python -m snippets.printing ended with 3"])


STDERR = """
import sys

def text():
    print("of the driver", file=sys.stderr)
    print("\x1b[36m(Poller pid=7)\x1b[0m of", "a worker", file=sys.stderr)
    print("(f pid=8) of another")
    return "of the program"
"""


@pytest.mark.parametrize("arguments", [[], ["--apart"]])
def test_of_standard_error_the_lines_of_workers_are_kept(
    printing: Project, arguments: list[str]
) -> None:
    """They are what a reader sees of workers; the rest is about the machine."""
    run(printing, "''")
    printing.write("wanted.py", STDERR)
    printing.run(*arguments).assert_outcomes(passed=1)
    kept = printing.evidence["test_main"].outputs["snippets.printing"]
    lines = ["(Poller pid=7) of a worker", "(f pid=8) of another", "of the program"]
    assert kept.runs[-1].splitlines() == lines
    assert kept.varying == ["process-id"]
    assert [sorted(each.splitlines()) for each in kept.runs] == [lines] * len(kept.runs)


def test_what_python_m_does_not_print_fails(printing: Project) -> None:
    """The difference is between the test's process and one that is the program's own."""
    text = "'here: ' + str('pytest' in __import__('sys').modules)"
    run(printing, text).assert_outcomes(passed=1)
    result = run(printing, text, "--apart")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*python -m snippets.printing prints something else than here:",
            "*-here: True",
            "*+here: False",
        ]
    )


def test_a_program_that_also_ran_apart_says_so_in_its_evidence(printing: Project) -> None:
    """The first run is that one; the last, which is shown, is recorded."""
    text = "f'{numbers}'[:-1].replace('count(', 'run ')"
    run(printing, text, "--apart").assert_outcomes(passed=1)
    assert len(printing.evidence["test_main"].outputs["snippets.printing"].runs) == 3


def test_of_what_is_current_only_programs_run_again_to_run_apart(printing: Project) -> None:
    """So that who has evidence of all tests spares the time of those that run no program."""
    printing.write("tests/test_other.py", "from snippets.printing import main as test_other")
    run(printing, "'done'").assert_outcomes(passed=2)
    printing.run("--stale", "--apart", "--repeat=1").assert_outcomes(passed=1, deselected=1)
    output = printing.evidence["test_main"].outputs["snippets.printing"]
    assert (len(output.runs), output.apart) == (2, True)
    printing.run("--stale", "--apart", "--repeat=1").assert_outcomes(deselected=2)
    printing.run("--stale", "--apart").assert_outcomes(passed=1, deselected=1)
    printing.run("--stale", "--apart").assert_outcomes(deselected=2)
    printing.run("--stale").assert_outcomes(deselected=2)


PATCHES = {
    "builtins.print": """
        def test_main(run_snippet, monkeypatch):
            plain = print
            monkeypatch.setattr(builtins, "print", lambda *_: plain("as patched"))
            run_snippet("snippets.printing")
        """,
    "wanted.text": """
        def test_main(run_snippet):
            with mock.patch("wanted.text", lambda: "as patched"):
                run_snippet("snippets.printing")
        """,
    "wanted.NUMBER": """
        def test_main(run_snippet, monkeypatch):
            monkeypatch.setattr(wanted, "NUMBER", 2)
            run_snippet("snippets.printing")
        """,
    "wanted.Text.tell": """
        @pytest.fixture(scope="session")
        def patched():
            wanted.Text.tell = lambda _: "as patched"

        def test_before(patched): pass
        def test_main(run_snippet, patched): run_snippet("snippets.printing")
        """,
    "wanted": """
        def test_main(run_snippet, monkeypatch):
            monkeypatch.setitem(sys.modules, "wanted", mock.Mock())
            run_snippet("snippets.printing", varying=["address"])
        """,
    "$GREETING": """
        def test_main(run_snippet, monkeypatch):
            monkeypatch.setenv("GREETING", "as patched")
            run_snippet("snippets.printing")
        """,
    "$HOME": """
        @pytest.fixture(scope="session")
        def elsewhere():
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("HOME")
                yield

        def test_before(elsewhere): pass
        def test_main(run_snippet, elsewhere): run_snippet("snippets.printing")
        """,
}


@pytest.mark.parametrize("arguments", [[], ["--apart"]], ids=["html", "test"])
@pytest.mark.parametrize("patched", PATCHES)
def test_what_a_test_has_patched_is_not_what_a_program_prints(
    printing: Project, patched: str, arguments: list[str]
) -> None:
    """It prints something else for whoever has no such test, and no page shows that."""
    printing.write(
        "wanted.py",
        """
        import os

        NUMBER = 1

        class Text:
            def tell(self):
                return f"as written, {NUMBER}, {os.getenv('GREETING')}, {'HOME' in os.environ}"

        def text(): return Text().tell()
        """,
    )
    head = "import builtins, sys\nfrom unittest import mock\n"
    head += "import pytest, snippets.printing, wanted\n"
    printing.write("tests/test_printing.py", head + textwrap.dedent(PATCHES[patched]))
    result = printing.run(*arguments)
    assert printing.outcomes["test_main"] == "failed"
    told = f"python -m snippets.printing prints something else than here, where {patched} is"
    result.stdout.fnmatch_lines([f"*{told} patched:*"])
    assert printing.evidence["test_main"].outputs == {}


def test_what_is_patched_without_effect_passes(printing: Project) -> None:
    """A test may spare itself time; the first output that is kept is that without patches."""
    printing.write("wanted.py", "import time\ndef text(): return time.sleep(0.001) or 'as written'")
    printing.write(
        "tests/test_printing.py",
        """
        import time
        import snippets.printing

        def test_main(run_snippet, monkeypatch):
            monkeypatch.setattr(time, "sleep", lambda _: None)
            run_snippet("snippets.printing")

        def test_after(run_snippet): run_snippet("snippets.printing")
        """,
    )
    printing.run().assert_outcomes(passed=2)
    kept = {name: run.outputs for name, run in printing.evidence.items()}
    runs = {name: outputs["snippets.printing"].runs for name, outputs in kept.items()}
    assert runs == {"test_main": ["as written\n"] * 3, "test_after": ["as written\n"] * 2}


def test_a_program_has_the_variables_that_it_is_given(printing: Project) -> None:
    """It has them here and apart, and no longer afterwards; the evidence keeps the names alone."""
    printing.write("wanted.py", "import os\ndef text(): return os.environ['GREETING']")
    printing.write(
        "tests/test_printing.py",
        """
        import os
        import snippets.printing

        def test_main(run_snippet):
            said = run_snippet("snippets.printing", environment={"GREETING": "hello"})
            assert said == "hello\\n"
            assert "GREETING" not in os.environ
        """,
    )
    printing.run("--apart").assert_outcomes(passed=1)
    kept = printing.evidence["test_main"].outputs["snippets.printing"]
    assert kept == Capture(["hello\n"] * 3, [], ["GREETING"], apart=True)


def test_a_program_that_fails_apart_fails(printing: Project) -> None:
    """What it said on standard error is in the report."""
    text = "'pytest' in __import__('sys').modules or 1 / 0"
    result = run(printing, text, "--apart")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*python -m snippets.printing ended with 1", "*ZeroDivisionError: division by zero"]
    )


def test_lines_in_any_order_are_stable_when_it_is_declared(printing: Project) -> None:
    """Two workers may print in either order."""
    text = "['a\\nb', 'b\\na'][next(numbers) % 2]"
    run(printing, text, "--repeat=2").assert_outcomes(failed=1)
    run(printing, text, "--repeat=2", varying="order").assert_outcomes(passed=1)


def test_an_unknown_normaliser_fails(printing: Project) -> None:
    """The failure says which there are."""
    result = run(printing, "''", varying="pid")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no normaliser 'pid'; there are process-id, address, *"])


def test_ten_megabytes_are_cut_and_say_so(printing: Project) -> None:
    """The page shows the beginning, without what a terminal would not show."""
    run(printing, "'\\x1b[31m0123456789\\x1b[0m' * 1_000_000").assert_outcomes(passed=1)
    output, _ = printing.evidence["test_main"].outputs["snippets.printing"].runs
    assert output.startswith("01234567890123")
    assert len(output) < MOST_OUTPUT + 100
    left = 10_000_001 - MOST_OUTPUT
    assert output.endswith(f"\n[cut: {left:,} more characters]\n")


def test_bytes_that_are_no_text_are_kept_as_such(printing: Project) -> None:
    """The run's own report can be printed, too."""
    run(printing, "b'\\xff'.decode(errors='surrogateescape')").assert_outcomes(passed=1)
    kept = Capture(["\ufffd\n"] * 2)
    assert printing.evidence["test_main"].outputs == {"snippets.printing": kept}


def test_measurements_are_kept(printing: Project) -> None:
    """Name, unit, values; without a value, with one that is no number, or twice, the test fails."""
    printing.write("wanted.py", "def text(): return ''\n")
    printing.write(
        "tests/test_measure.py",
        """
        import pytest, snippets.printing

        def test_good(measure): measure("answer", "ms", [1, 2.5])
        @pytest.mark.parametrize("values", [[], [float("nan")], [1, float("inf")]])
        def test_bad(measure, values): measure("answer", "ms", values)
        def test_twice(measure):
            measure("answer", "ms", [1])
            measure("answer", "ms", [2])
        """,
    )
    result = printing.run()
    result.assert_outcomes(passed=1, failed=4)
    result.stdout.fnmatch_lines(["*measure 'answer': [[]] is nothing to show*"])
    result.stdout.fnmatch_lines(["*measure 'answer': a second time; pass all values at once*"])
    kept = printing.evidence["test_good"].measurements
    assert kept == {"answer": Measurement("ms", [1.0, 2.5])}


RECORDED = """
import sys
import pytest
from snippets.work import main, setup

def test_unmarked():
    assert sys.monitoring.get_tool(3) is None
    main()

@pytest.mark.recording("work", begin="main")
def test_marked(recorded):
    assert sys.monitoring.get_tool(3) == "livesnippets-recording"
    setup()
    main()
    assert [call.name for call in recorded().calls] == ["main", "part"]

def test_unmarked_again():
    assert sys.monitoring.get_tool(3) is None
"""


@pytest.fixture
def working(project: Project) -> Project:
    """Return a project with a snippet whose calls can be recorded."""
    project.write("conftest.py", CONFTEST)
    project.write(
        "snippets/work.py",
        """
        import time

        def setup():
            time.sleep(0.001)

        def main():
            part()

        def part():
            time.sleep(0.01)
        """,
    )
    return project


def test_a_marked_test_is_recorded_and_no_other_pays_for_it(working: Project) -> None:
    """The recording begins with the call that the mark names; other tests run untraced."""
    working.write("tests/test_work.py", RECORDED)
    working.run().assert_outcomes(passed=3)
    recordings = {name: run.recordings for name, run in working.evidence.items()}
    assert {name for name, kept in recordings.items() if kept} == {"test_marked"}
    recording = recordings["test_marked"]["work"]
    assert [call.name for call in recording.calls] == ["main", "part"]
    assert recording.end - recording.begin > 9_000_000


def test_a_recording_without_a_name_is_for_its_test_alone(working: Project) -> None:
    """The test asks it, and it leaves no evidence."""
    working.write(
        "tests/test_work.py",
        """
        import pytest
        from snippets.work import main

        @pytest.mark.recording
        def test_asked(recorded):
            main()
            assert [call.name for call in recorded().calls] == ["main", "part"]
        """,
    )
    working.run().assert_outcomes(passed=1)
    assert working.evidence["test_asked"].recordings == {}


def test_of_a_module_that_ran_repeatedly_the_last_run_is_kept(printing: Project) -> None:
    """The recording is of the run whose output is shown."""
    printing.write("wanted.py", "def text(): return ''\n")
    printing.write(
        "tests/test_printing.py",
        """
        import pytest, snippets.printing

        @pytest.mark.recording("printing", begin="main")
        def test_main(run_snippet, recorded):
            run_snippet("snippets.printing")
            assert len(recorded().of("main")) == 1
        """,
    )
    printing.run("--repeat=3").assert_outcomes(passed=1)
    recording = printing.evidence["test_main"].recordings["printing"]
    assert [call.name for call in recording.calls] == ["<module>", "main"]


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (
            '"work", begin="mian"',
            "recording: no call of 'mian' was recorded; did you mean 'main'?",
        ),
        ('"work"', "recording: *begin*"),
        ('begin="main"', "recording: *name*"),
        ('"work", begin="main", end="part"', "recording: *end*"),
    ],
)
def test_a_mark_that_cannot_be_kept_fails_its_test(working: Project, mark: str, why: str) -> None:
    """The message says which call, or which argument."""
    working.write(
        "tests/test_work.py",
        f"""
        import pytest
        from snippets.work import main

        @pytest.mark.recording({mark})
        def test_marked(): main()
        """,
    )
    result = working.run()
    result.stdout.fnmatch_lines([f"*{why}*"])
    assert working.outcomes == {"test_marked": "failed"}


def test_a_test_that_records_nothing_fails(working: Project) -> None:
    """Whatever it was to show, it does not."""
    working.write(
        "tests/test_work.py",
        """
        import pytest, snippets.work

        @pytest.mark.recording("work", begin="main")
        def test_marked(): pass
        """,
    )
    working.run().stdout.fnmatch_lines(["*recording: *recorded no call; does the test run code*"])
    assert working.outcomes == {"test_marked": "failed"}


def test_a_failed_test_is_not_blamed_for_its_recording_as_well(working: Project) -> None:
    """Its own failure is what counts."""
    working.write(
        "tests/test_work.py",
        """
        import pytest, snippets.work

        @pytest.mark.recording("work", begin="main")
        def test_marked(): raise OSError("its own")
        """,
    )
    result = working.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*OSError: its own*"])
    result.stdout.no_fnmatch_line("*recording: *")
