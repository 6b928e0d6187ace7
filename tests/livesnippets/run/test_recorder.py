"""What counts for which test: lines that run for an import, between tests, and on threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import Project

SHARED = """
def shared():
    return 1
"""


@pytest.fixture
def shared(project: Project) -> Project:
    """Return a project with a snippet that other files call while they are imported."""
    project.write("snippets/shared.py", SHARED)
    return project


def test_what_a_file_runs_while_it_is_imported_counts_for_its_own_tests(shared: Project) -> None:
    """Not for others that import the same module; a helper's counts for who imports the helper."""
    shared.write("helper.py", "from snippets.shared import shared\nshared()\n")
    calls = "import pytest\nfrom snippets.shared import shared\nshared()\n"
    shared.write("tests/test_a.py", f"{calls}@pytest.mark.skip\ndef test_skipped(): pass\n")
    shared.write("tests/test_b.py", "import snippets.shared\n\ndef test_plain(): pass\n")
    shared.write("tests/test_c.py", "import helper\n\ndef test_helped(): pass\n")
    shared.write("tests/test_d.py", f"{calls}def test_called(): pass\n")
    shared.run().assert_outcomes(passed=3, skipped=1)
    runs = shared.evidence
    path = "snippets/shared.py"
    assert runs["test_plain"].ran(path) == {1}
    for name in ("test_skipped", "test_helped", "test_called"):
        assert runs[name].ran(path) == {1, 2}, name
    assert "helper.py" in runs["test_helped"].files


def test_an_import_counts_for_each_test_whichever_began_it(shared: Project) -> None:
    """The first runs the module, the second finds it loaded; one that only calls it, too."""
    shared.write("snippets/late.py", "import snippets.deep\n\ndef late():\n    return 1\n")
    shared.write("snippets/deep.py", "deep = 1\n")
    shared.write(
        "tests/test_late.py",
        """
        import importlib

        def test_first():
            from snippets import late

        def test_second():
            from snippets import late

        def test_by_name():
            importlib.import_module("snippets.late").late()
        """,
    )
    shared.write("tests/test_other.py", "import snippets.shared\n\ndef test_other(): pass\n")
    shared.run().assert_outcomes(passed=4)
    runs = shared.evidence
    for name in ("test_first", "test_second", "test_by_name"):
        assert {1, 3} <= runs[name].ran("snippets/late.py"), name
        assert runs[name].ran("snippets/deep.py") == {1}, name
        assert "snippets/deep.py" in runs[name].files
    assert runs["test_first"].hits["snippets/late.py"] == [1, 3]
    assert "snippets/late.py" not in runs["test_second"].hits
    assert "snippets/late.py" not in runs["test_other"].files


def test_a_line_that_an_import_runs_is_seen_again_in_a_test(shared: Project) -> None:
    """Also when the import happens in the test, which may declare the line never reached."""
    shared.write("calling.py", "from snippets.shared import shared\nfor _ in range(9): shared()\n")
    shared.write(
        "tests/test_it.py",
        """
        import pytest
        from snippets.shared import shared

        @pytest.mark.never_reached("snippets/shared.py::shared")
        def test_reached():
            import calling

        def test_calls(): shared()
        def test_does_not(): pass
        """,
    )
    result = shared.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*snippets/shared.py:2: ran, but the test declares*"])
    runs = shared.evidence
    assert runs["test_calls"].hits["snippets/shared.py"] == [2]
    assert "snippets/shared.py" not in runs["test_does_not"].hits


def test_a_program_that_a_test_runs_is_no_import(shared: Project) -> None:
    """Its lines are the test's own."""
    shared.write("conftest.py", "import pytest\n@pytest.fixture\ndef ray_job(): pass\n")
    shared.write("snippets/program.py", "import snippets.shared\nprint(1)\n")
    shared.write(
        "tests/test_it.py",
        """
        import snippets.program

        def test_runs(run_snippet): run_snippet("snippets.program")
        """,
    )
    shared.run().assert_outcomes(passed=1)
    assert shared.evidence["test_runs"].hits["snippets/program.py"] == [1, 2]


def test_what_runs_outside_of_tests_counts_for_none(shared: Project) -> None:
    """As in the hooks of a conftest."""
    shared.write(
        "conftest.py",
        """
        def pytest_generate_tests():
            from snippets.shared import shared
            shared()

        def pytest_collection_modifyitems():
            from snippets.shared import shared
            shared()
        """,
    )
    tests = "import snippets.shared\n\ndef test_one(): pass\n\ndef test_two(): pass\n"
    shared.write("tests/test_it.py", tests)
    shared.run().assert_outcomes(passed=2)
    assert shared.evidence["test_one"].ran("snippets/shared.py") == {1}
    assert shared.evidence["test_two"].ran("snippets/shared.py") == {1}


THREADS = """
import threading
import time

import pytest
from snippets.looping import begin, done, loop, stop


@pytest.mark.skip
def test_never(): pass


def test_skipped_late():
    begin()
    pytest.skip("too late")


def test_after_it():
    assert not stop.is_set()
    turns = len(done)
    while len(done) < turns + 3:
        time.sleep(0.001)
    stop.set()


def test_that_waits_for_its_own():
    stop.clear()
    thread = begin()
    stop.set()
    thread.join()


def test_whose_thread_ends_soon():
    begin()
    threading.Timer(0.1, stop.set).start()
"""

LOOPING = """
import threading
import time

stop, done = threading.Event(), []


def loop():
    while not stop.is_set():
        done.append(1)
        time.sleep(0.001)


def begin():
    stop.clear()
    thread = threading.Thread(target=loop, name="looping")
    thread.start()
    return thread
"""


def test_a_test_that_leaves_a_thread_in_a_snippet_fails(project: Project) -> None:
    """And the next one has nothing of it, though the thread runs on meanwhile."""
    project.write("snippets/looping.py", LOOPING)
    project.write("tests/test_threads.py", THREADS)
    result = project.run()
    result.assert_outcomes(passed=3, skipped=2, errors=1)
    told = "snippets/looping.py:*: thread 'looping' is still here; end it before the test ends"
    result.stdout.fnmatch_lines([f"ERROR *::test_skipped_late - Failed: {told}"])
    path = "snippets/looping.py"
    runs = project.evidence
    assert runs["test_skipped_late"].outcome == "failed"
    assert path not in runs["test_after_it"].hits
    assert {8, 9, 10} <= {*runs["test_whose_thread_ends_soon"].hits[path]}


def test_what_a_test_declares_never_reached_makes_it_stale(project: Project) -> None:
    """Also in a module that the test does not import."""
    project.write("snippets/unused.py", "def unused():\n    return 1\n")
    project.write(
        "tests/test_it.py",
        """
        import pytest

        @pytest.mark.never_reached("snippets/unused.py::unused")
        def test_it(): pass
        """,
    )
    project.run().assert_outcomes(passed=1)
    assert project.evidence["test_it"].files["snippets/unused.py"].startswith("sha256:")
    project.run("--stale").assert_outcomes(deselected=1)
    project.write("snippets/unused.py", "def unused():\n    return 2\n")
    project.run("--stale").assert_outcomes(passed=1)
