from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from livesnippets.source.parts import Position
    from tests.support.project import Project

ANSWERS = """
def answer(question):
    if question:
        return 42
    return None


def never():
    return 1
"""


@pytest.fixture
def answers(project: Project) -> Project:
    """Return a project with a snippet that has a function nobody calls."""
    project.write("helpers.py", "def question():\n    return 'life'\n")
    project.write("snippets/answers.py", ANSWERS)
    return project


def test_only_tests_that_passed_as_a_whole_prove(answers: Project) -> None:
    """Set-up and clean-up count; skipped and expected failures do not pass."""
    answers.write(
        "tests/test_answers.py",
        """
        import pytest
        from snippets.answers import answer

        @pytest.fixture
        def broken():
            raise OSError

        @pytest.fixture
        def breaking():
            yield
            raise OSError

        def test_passed(): assert answer(1)
        def test_failed(): assert not answer(1)
        def test_set_up(broken): answer(1)
        def test_clean_up(breaking): answer(1)
        @pytest.mark.skip
        def test_skip(): answer(1)
        def test_skip_late():
            answer(1)
            pytest.skip()
        @pytest.mark.xfail
        def test_xfail(): assert not answer(1)
        @pytest.mark.xfail(strict=False)
        def test_xpass(): assert answer(1)
        @pytest.mark.xfail(strict=True)
        def test_xpass_strict(): assert answer(1)
        """,
    )
    answers.run()
    assert answers.outcomes == {
        "test_passed": "passed",
        "test_failed": "failed",
        "test_set_up": "failed",
        "test_clean_up": "failed",
        "test_skip": "skipped",
        "test_skip_late": "skipped",
        "test_xfail": "skipped",
        "test_xpass": "skipped",
        "test_xpass_strict": "failed",
    }


def test_never_reached_is_checked(answers: Project) -> None:
    """A declaration holds, or fails its test; one of something that there is not fails, too."""
    answers.write(
        "tests/test_answers.py",
        """
        import pytest, threading
        from snippets.answers import answer, never

        unreached = lambda *args, **kwargs: pytest.mark.never_reached(*args, **kwargs)

        @pytest.fixture
        def late():
            yield
            never()

        @unreached("snippets/answers.py::never")
        def test_holds(): answer(1)

        @unreached("snippets/answers.py::answer", line="return None")
        @unreached("snippets/answers.py::never")
        def test_holds_for_a_line(): answer(1)

        @unreached("snippets/answers.py::answer", line="return 42")
        def test_line_runs(): answer(1)

        @unreached("snippets/answers.py::never")
        def test_runs(): never()

        @unreached("snippets/answers.py::never")
        def test_runs_in_a_thread():
            thread = threading.Thread(target=never)
            thread.start()
            thread.join()

        @unreached("snippets/answers.py::never")
        def test_runs_during_clean_up(late): pass

        @unreached("snippets/answers.py::nevr")
        def test_misspelt(): pass

        @unreached("snippets/answers.py::never", line="return 3")
        def test_misspelt_line(): pass

        @unreached("snippets/answers.py")
        def test_without_a_name(): pass

        @unreached("snippets/gone.py::never")
        def test_of_no_file(): pass

        @unreached()
        def test_of_nothing(): pass
        """,
    )
    result = answers.run()
    result.assert_outcomes(passed=3, failed=8, errors=1)
    hit = "snippets/answers.py:{}: ran, but the test declares it never reached"
    for name, reason in {
        "FAILED *::test_line_runs": hit.format(3),
        "FAILED *::test_runs": hit.format(8),
        "FAILED *::test_runs_in_a_thread": hit.format(8),
        "ERROR *::test_runs_during_clean_up": hit.format(8),
        "FAILED *::test_misspelt": "*defines no 'nevr'; did you mean 'never'?",
        "FAILED *::test_misspelt_line": "*never has no line 'return 3'",
        "FAILED *::test_without_a_name": "*names no definition; write *",
        "FAILED *::test_of_no_file": "*snippets/gone.py:1: does not exist*",
        "FAILED *::test_of_nothing": "*never_reached: *missing 1 required*",
    }.items():
        result.stdout.fnmatch_lines([f"{name} - *{reason}"])
    assert answers.evidence["test_holds"].unreached == {"snippets/answers.py": [8]}
    of_a_line = answers.evidence["test_holds_for_a_line"]
    assert of_a_line.outcome == "passed"
    assert of_a_line.unreached == {"snippets/answers.py": [4, 8]}
    assert answers.outcomes["test_runs"] == "failed"
    assert answers.outcomes["test_runs_during_clean_up"] == "failed"


def test_never_reached_knows_statements_over_several_lines(answers: Project) -> None:
    """Python reports the lines of their parts; each of them says that the statement ran."""
    answers.write(
        "snippets/long.py",
        """
        def check(flag):
            assert (
                flag
            )

        def either(flag):
            return (
                flag
                or check(
                    flag
                )
            )
        """,
    )
    answers.write(
        "tests/test_answers.py",
        """
        import pytest
        from snippets.long import check, either

        @pytest.mark.never_reached("snippets/long.py::check")
        def test_runs(): check(True)

        @pytest.mark.never_reached("snippets/long.py::either", line="return (")
        def test_statement_runs(): either(True)

        @pytest.mark.never_reached("snippets/long.py::either", line="or check(")
        @pytest.mark.never_reached("snippets/long.py::check")
        def test_holds(): either(True)
        """,
    )
    result = answers.run()
    result.assert_outcomes(passed=1, failed=2)
    hit = "*snippets/long.py:{}: ran, but the test declares it never reached"
    result.stdout.fnmatch_lines([f"FAILED *::test_runs - {hit.format(2)}"])
    result.stdout.fnmatch_lines([f"FAILED *::test_statement_runs - {hit.format(7)}"])
    assert answers.evidence["test_holds"].unreached == {"snippets/long.py": [2, 3, 9]}


def test_parts_of_a_line_are_recorded_and_declared(answers: Project) -> None:
    """They may be skipped although the line runs: by a test, or when the module is imported."""
    answers.write(
        "snippets/parts.py",
        """
        NAMES = [name for name in ("a", "b") if name]

        def choose(flag):
            return "yes" if flag else ask()

        def ask(): return "no"

        def each(names):
            for name in names:
                if name: continue
                print(name)
        """,
    )
    answers.write(
        "tests/test_answers.py",
        """
        import pytest
        from snippets.parts import ask, choose, each

        @pytest.mark.never_reached("snippets/parts.py::choose", part="ask()")
        @pytest.mark.never_reached("snippets/parts.py::ask")
        def test_holds(): choose(True)

        @pytest.mark.never_reached("snippets/parts.py::choose", part="ask()")
        def test_part_runs(): choose(False)

        @pytest.mark.never_reached("snippets/parts.py::ask")
        def test_body_runs(): ask()

        @pytest.mark.never_reached("snippets/parts.py::choose", part="flag")
        def test_of_no_part(): pass

        @pytest.mark.never_reached("snippets/parts.py::each", part="continue")
        def test_of_a_part_without_a_trace(): each(["a"])
        """,
    )
    result = answers.run()
    result.assert_outcomes(passed=1, failed=4)
    hit = "*snippets/parts.py:{}: ran, but the test declares it never reached"
    result.stdout.fnmatch_lines([f"FAILED *::test_part_runs - {hit.format(4)}"])
    result.stdout.fnmatch_lines([f"FAILED *::test_body_runs - {hit.format(6)}"])
    result.stdout.fnmatch_lines(["FAILED *::test_of_no_part - *has no part 'flag' that may be *"])
    unsure = "*snippets/parts.py:10: Python does not say whether 'continue' ran; give it a line *"
    result.stdout.fnmatch_lines([f"FAILED *::test_of_a_part_without_a_trace - {unsure}"])
    path, evidence = "snippets/parts.py", answers.evidence
    source = read_source(answers.root, path)

    def texts(parts: dict[str, list[Position]]) -> list[str]:
        return [source.text_of(part) for part in parts[path]]

    at_import = ["name", "name"]
    assert texts(evidence["test_holds"].parts) == [*at_import, '"yes"']
    assert texts(evidence["test_holds"].unreached_parts) == ["ask()", 'return "no"']
    assert texts(evidence["test_part_runs"].parts) == [*at_import, "ask()", 'return "no"']


def test_stale_runs_what_has_no_current_proof(answers: Project) -> None:
    """Nothing at all when all is current; else what failed, is new, or ran a changed file."""
    answers.write("snippets/other.py", "def other():\n    return 1\n")
    answers.write(
        "tests/test_answers.py",
        """
        from helpers import question
        from snippets.answers import answer

        def test_answer(): assert answer(question())
        """,
    )
    answers.write(
        "tests/test_other.py", "from snippets.other import other\n\ndef test_other(): other()\n"
    )
    answers.run("--stale").assert_outcomes(passed=2)

    result = answers.run("--stale")
    result.assert_outcomes(deselected=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["evidence: 2 tests were current, not run"])

    answers.write("helpers.py", "def question():\n    return 'the universe'\n")
    answers.run("--stale").assert_outcomes(passed=1, deselected=1)

    tests = answers.root / "tests/test_other.py"
    tests.write_text(f"{tests.read_text()}\ndef test_new(): assert False\n")
    answers.run("--stale").assert_outcomes(passed=1, failed=1, deselected=1)
    answers.run("--stale").assert_outcomes(failed=1, deselected=2)

    answers.write("requirements.txt", "click==9\n")
    answers.run("--stale").assert_outcomes(passed=2, failed=1)
    assert len(answers.evidence) == 3


def test_an_interrupted_test_proves_nothing(answers: Project) -> None:
    """The tests before it do."""
    answers.write(
        "tests/test_answers.py",
        """
        from snippets.answers import answer

        def test_first(): answer(1)
        def test_interrupted():
            answer(1)
            raise KeyboardInterrupt
        def test_last(): answer(1)
        """,
    )
    result = answers.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert answers.outcomes == {"test_first": "passed"}


def test_what_cannot_give_evidence_is_refused(answers: Project) -> None:
    """A rival of the recorder, a misspelt setting: one line for each."""
    answers.write("tests/test_answers.py", "def test_answers(): pass\n")
    answers.write("other_tool.py", "import sys\nsys.monitoring.use_tool_id(4, 'other tool')\n")
    result = answers.run("-p", "other_tool")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().startswith("ERROR: cannot record: ")
    assert "Traceback" not in result.stderr.str()

    settings = (answers.root / "pyproject.toml").read_text()
    answers.write("pyproject.toml", f"{settings}\n[tool.livesnippets]\nsnipets = 'code'\n")
    result = answers.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    [line] = result.stderr.str().strip().splitlines()
    assert line.startswith("ERROR: ")
    assert "pyproject.toml:7: [tool.livesnippets] is wrong (Object contains unknown field " in line


def test_python_that_leaves_out_asserts_is_refused(
    answers: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper that asserts would let everything pass."""
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    answers.write("tests/test_answers.py", "import snippets.answers\n\ndef test_it(): pass\n")
    result = answers.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: cannot prove anything: *; unset PYTHONOPTIMIZE, *"])
    assert answers.evidence == {}


def test_a_project_without_snippets_is_let_be(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin is installed for all projects of an environment; another may have its options."""
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)  # of the run around this test
    project.write("snippets/editor.json", "{}")
    project.write(
        "conftest.py",
        """
        def pytest_addoption(parser):
            parser.addoption("--repeat", default="never")
            parser.addoption("--stale", default="never")
        """,
    )
    project.write(
        "tests/test_it.py",
        """
        import os, signal, sys

        def test_it(request):
            assert sys.monitoring.get_tool(4) is None
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
            assert request.config.getoption("stale") == "never"
            assert not any(line.startswith("alone") for line in request.config.getini("markers"))
            assert "RAY_AUTH_MODE" not in os.environ
        """,
    )
    project.run().assert_outcomes(passed=1)
    assert not (project.root / "build").exists()


def test_a_run_leaves_signals_as_they_were(answers: Project) -> None:
    """Whoever calls pytest from a program goes on after it."""
    answers.write("tests/test_answers.py", "import snippets.answers\n\ndef test_it(): pass\n")
    program = """
        import signal, sys, pytest
        def handler(*_): pass
        signal.signal(signal.SIGTERM, handler)
        code = pytest.main()
        sys.exit(code or signal.getsignal(signal.SIGTERM) is not handler)
    """
    path = answers.write("program.py", program)
    assert answers.pytester.runpython(path).ret == 0
    assert answers.outcomes == {"test_it": "passed"}


def test_collecting_writes_nothing(answers: Project) -> None:
    """Nor does it need a Ray."""
    answers.write(
        "tests/test_answers.py", "import snippets.answers\n\ndef test_it(ray_job): pass\n"
    )
    assert answers.run("--collect-only").ret == 0
    assert not (answers.root / "build").exists()
