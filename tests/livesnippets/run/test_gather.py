from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from livesnippets.evidence import files
from livesnippets.evidence.checkout import Checkout
from livesnippets.evidence.ledger import Ledger
from livesnippets.evidence.results import Failure, Frame
from livesnippets.finding import Place, causes
from livesnippets.settings import Settings
from livesnippets.source.module import digest, read_source
from livesnippets.source.statements import Statement
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.project import Project

ADDING = """
from helpers import one


def count():
    total = 0
    for _ in range(3):
        total += one()
    return total
"""

TESTS = """
from snippets.adding import count


def test_count():
    print("counted", count())


def test_other():
    pass
"""

BROKEN = """
import pytest

@pytest.fixture
def port():
    raise RuntimeError("no port")
"""

EARLY = """
import pytest

def test_broken(port):
    pass

@pytest.mark.skip(reason="no time")
def test_marked():
    pass

def test_skips():
    if True:
        pytest.skip("no GPU")

@pytest.mark.xfail
def test_expected():
    assert 0
"""


@pytest.fixture
def adding(project: Project) -> Project:
    """Return a project with a snippet that imports a helper, and with two tests of it."""
    project.write("helpers.py", "def one():\n    return 1\n")
    project.write("snippets/adding.py", ADDING)
    project.write("tests/conftest.py", "")
    project.write("tests/test_adding.py", TESTS)
    return project


def test_a_test_that_ends_before_its_snippet_leaves_why(adding: Project) -> None:
    """Whatever it imports: it lies in the folder of the snippets' tests. Others leave nothing."""
    adding.write("tests/snippets/conftest.py", BROKEN)
    adding.write("tests/snippets/test_adding.py", EARLY)
    adding.write("tests/test_elsewhere.py", "def test_elsewhere():\n    assert 0\n")
    adding.run("tests/snippets", "tests/test_elsewhere.py")
    assert adding.outcomes == {
        "test_broken": "failed",
        "test_marked": "skipped",
        "test_skips": "skipped",
        "test_expected": "skipped",
    }
    why = {name: run.failure for name, run in adding.evidence.items()}
    assert why == {
        "test_broken": Failure("RuntimeError: no port", [Frame("tests/snippets/conftest.py", 5)]),
        "test_marked": Failure("no time"),
        "test_skips": Failure("no GPU", [Frame("tests/snippets/test_adding.py", 12)]),
        "test_expected": Failure("assert 0", [Frame("tests/snippets/test_adding.py", 16)]),
    }
    assert {*adding.evidence["test_broken"].files} == {
        "requirements.txt",
        "tests/conftest.py",
        "tests/snippets/conftest.py",
        "tests/snippets/test_adding.py",
    }


def git(project: Project, *arguments: str) -> None:
    """Run git in the project."""
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    command = ["git", *identity, *arguments]
    subprocess.run(command, cwd=project.root, check=True, timeout=30)


def test_a_test_run_leaves_evidence(adding: Project) -> None:
    """Outcome, time, lines and files of each test that has to do with a snippet."""
    adding.write("tests/test_elsewhere.py", "def test_elsewhere():\n    pass\n")
    result = adding.run()
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["evidence: 2 tests -> */build/evidence/*-ray*.json"])
    runs = adding.evidence
    assert set(runs) == {"test_count", "test_other"}
    count, other = runs["test_count"], runs["test_other"]
    assert count.outcome == "passed"
    assert count.hits["snippets/adding.py"] == [5, 6, 7, 8]
    assert count.hits["helpers.py"] == [2]
    assert count.imported["snippets/adding.py"] == [1, 4]
    assert count.imported["helpers.py"] == [1]
    assert 0 <= count.duration < 5
    assert count.when.endswith("+00:00")
    assert count.commit == ""
    files = ["helpers.py", "requirements.txt", "snippets/adding.py", "tests/conftest.py"]
    assert list(count.files) == [*files, "tests/test_adding.py"]
    for path, seen in count.files.items():
        assert seen == digest((adding.root / path).read_bytes())
    assert other.hits == {"tests/test_adding.py": [9]}
    assert other.imported["snippets/adding.py"] == [1, 4]
    assert other.files == count.files


def test_a_partial_run_updates_what_it_ran(adding: Project) -> None:
    """Evidence of the others stays, of tests and files that are gone it goes."""
    adding.write("tests/test_second.py", "from snippets import adding\n\ndef test_second(): pass\n")
    adding.run().assert_outcomes(passed=3)

    tests = adding.root / "tests/test_adding.py"
    tests.write_text(tests.read_text().replace("    pass", "    assert False"))
    adding.run("-k", "count").assert_outcomes(passed=1, deselected=2)
    assert adding.outcomes == dict.fromkeys(("test_count", "test_other", "test_second"), "passed")

    adding.run("tests/test_adding.py::test_other").assert_outcomes(failed=1)
    assert adding.outcomes["test_count"] == "passed"
    assert adding.outcomes["test_other"] == "failed"

    adding.run("--lf").assert_outcomes(failed=1)
    assert adding.outcomes["test_count"] == "passed"

    tests.write_text(tests.read_text().replace("test_other", "test_renamed"))
    (adding.root / "tests/test_second.py").unlink()
    adding.run("tests/test_adding.py", "-k", "count")
    assert adding.outcomes == {"test_count": "passed"}

    tests.write_text("")
    adding.run("--stale")
    assert adding.outcomes == {}


@pytest.mark.parametrize(
    ("head", "why", "processes"),
    [
        ('pytest.skip("needs a GPU", allow_module_level=True)', "needs a GPU", ()),
        (
            'pytest.importorskip("nowhere")',
            "could not import 'nowhere': No module named 'nowhere'",
            ("-n", "2"),
        ),
    ],
    ids=["one process", "two processes"],
)
def test_a_file_that_is_skipped_as_a_whole_says_why(
    adding: Project, head: str, why: str, processes: tuple[str, ...]
) -> None:
    """There is no test that could; and it says so no longer when it is read again."""
    path = "tests/snippets/test_adding.py"
    text = "import pytest\n{}\nfrom snippets.adding import count\n\ndef test_whole(): count()\n"
    adding.write(path, text.format(head))
    adding.run(*processes).assert_outcomes(passed=2, skipped=1)
    [found] = [run for run in adding.evidence.values() if run.outcome == "skipped"]
    assert found.failure == Failure(why, [Frame(path, 2)])
    assert path in found.files

    (adding.root / "tests/test_adding.py").unlink()
    source = read_source(adding.root, "snippets/adding.py")
    [finding] = Ledger.of(Settings(adding.root)).judge(source, source.whole()).findings
    assert finding.told == f"{path} is skipped: {why}; let it run"
    assert finding.fault == Place(path, 2)

    adding.write(path, text.format("pass"))
    adding.run("--stale", *processes).assert_outcomes(passed=1)
    assert adding.outcomes == {"test_whole": "passed"}


NOWHERE = "ModuleNotFoundError: No module named 'nowhere'"
UNREADABLE = {
    "import": (
        "test_adding.py",
        "import nowhere",
        NOWHERE,
    ),
    "syntax": ("test_adding.py", "def broken(:", "SyntaxError: invalid syntax"),
    "error": ("test_adding.py", "1 / 0", "ZeroDivisionError: division by zero"),
    "first conftest": ("../conftest.py", "import nowhere", NOWHERE),
    "conftest": ("conftest.py", "import nowhere", NOWHERE),
}


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize("broken", UNREADABLE)
def test_a_file_that_cannot_be_read_says_why(
    adding: Project, broken: str, processes: tuple[str, ...]
) -> None:
    """There is no test that could; and it says so no longer when it can be read again."""
    file, line, why = UNREADABLE[broken]
    folder = "tests/snippets/deep"
    (adding.root / "tests/test_adding.py").unlink()
    test = "from snippets.adding import count\n\ndef test_whole(): count()\n"
    adding.write(f"{folder}/test_adding.py", test)
    path = f"{folder}/{file}".replace("deep/../", "")
    processes += ("tests/snippets",)
    whole = (adding.root / path).read_text() if (adding.root / path).exists() else ""
    adding.write(path, f"import os\n{line}\n{whole}")
    assert adding.run(*processes).ret != pytest.ExitCode.OK
    ledger = Ledger.of(Settings(adding.root))
    [failing] = ledger.failing
    assert failing.told == f"{path} fails: {why}"
    assert failing.fault == Place(path, 2)
    source = read_source(adding.root, "snippets/adding.py")
    if broken != "syntax":  # what such a file would import is not known
        found = causes([failing, *ledger.judge(source, source.whole()).findings])
        assert why in {each.message for each in found}

    adding.write(path, whole)
    adding.run("--stale", *processes).assert_outcomes(passed=1)
    assert adding.outcomes == {"test_whole": "passed"}


def test_a_file_that_cannot_be_read_keeps_its_evidence(adding: Project) -> None:
    """Nobody knows yet which tests are gone from it."""
    adding.run().assert_outcomes(passed=2)
    adding.write("tests/test_adding.py", "def\n")
    adding.write("tests/test_more.py", "from snippets import adding\n\ndef test_more(): pass\n")
    adding.run("--continue-on-collection-errors").assert_outcomes(passed=1, errors=1)
    assert set(adding.outcomes) == {"test_count", "test_other", "test_more"}


def test_the_statements_of_snippets_are_kept_with_their_digest(adding: Project) -> None:
    """As long as some test has run that text; no page shows helpers or tests."""
    adding.run()
    first = read_source(adding.root, "snippets/adding.py")
    assert adding.statements == {
        first.digest: [Statement(line, [[line]], []) for line in (1, 4, 5, 6, 7, 8)]
    }
    adding.write("snippets/adding.py", ADDING.replace("one()", "(\n            one()\n        )"))
    adding.run("tests/test_adding.py::test_count")
    second = read_source(adding.root, "snippets/adding.py")
    assert adding.statements[second.digest][-2:] == [
        Statement(7, [[7, 8], [8], [7, 8]], []),
        Statement(10, [[10]], []),
    ]
    assert set(adding.statements) == {first.digest, second.digest}
    adding.run()
    assert set(adding.statements) == {second.digest}


def test_a_run_replaces_untrusted_evidence_of_its_environment_alone(adding: Project) -> None:
    """Nothing of a file that was edited is kept; other environments have files of their own."""
    adding.run("-k", "other")
    [here] = (adding.root / "build/evidence").glob("*-ray*.json")
    elsewhere = here.with_name("linux-x86_64-python3.12.0-ray2.40.0.json")
    elsewhere.write_bytes(here.read_bytes())
    here.write_text(here.read_text().replace("passed", "failed"))
    adding.run("-k", "count")
    assert set(files.read(here).tests) == {"tests/test_adding.py::test_count"}
    assert set(files.read(elsewhere).tests) == {"tests/test_adding.py::test_other"}


def test_a_run_takes_over_nothing_of_another_environment(adding: Project) -> None:
    """Whatever the name of its file says."""
    adding.run("-k", "other")
    [here] = (adding.root / "build/evidence").glob("*-ray*.json")
    found = files.read(here)
    elsewhere = replace(found, environment=replace(found.environment, python="3.12.0"))
    files.write(here.parent, elsewhere).replace(here)
    adding.run("-k", "count")
    assert set(files.read(here).tests) == {"tests/test_adding.py::test_count"}


def test_a_date_in_the_future_is_no_edit(adding: Project) -> None:
    """A file may come from a machine whose clock is ahead."""
    tomorrow = time.time() + 86_400
    os.utime(adding.root / "helpers.py", (tomorrow, tomorrow))
    adding.run().assert_outcomes(passed=2)
    adding.run("--stale").assert_outcomes(deselected=2)


@pytest.mark.parametrize("repository", [".", ".."])
def test_the_commit_says_whether_what_ran_was_committed(adding: Project, repository: str) -> None:
    """A plus stands for a change of a file that the test ran, of no other."""
    adding.write(".gitignore", "build\n__pycache__\n.pytest_cache\n")
    git(adding, "init", "-q", repository)
    git(adding, "add", ".")
    git(adding, "commit", "-qm", "All")
    adding.write("README", "changed\n")
    adding.run("-k", "count")
    clean = adding.evidence["test_count"].commit
    assert len(clean) == 10
    adding.write("helpers.py", "def one():\n    return 1  # changed\n")
    adding.run("-k", "count")
    assert adding.evidence["test_count"].commit == f"{clean}+"


def test_a_worktree_has_its_own_commit(adding: Project) -> None:
    """Its ``.git`` is a file that points elsewhere."""
    adding.write(".gitignore", "build\n__pycache__\n.pytest_cache\n")
    git(adding, "init", "-q")
    git(adding, "add", ".")
    git(adding, "commit", "-qm", "All")
    git(adding, "worktree", "add", "-q", "-b", "beside", "build/beside")
    main, adding.root = adding.root, adding.root / "build/beside"
    adding.write("README", "more\n")
    git(adding, "add", ".")
    git(adding, "commit", "-qm", "More")
    commits = [Checkout(root).commit({"helpers.py"}) for root in (main, adding.root)]
    assert list(map(len, commits)) == [10, 10]
    assert commits[0] != commits[1]
    adding.write("helpers.py", "def one():\n    return 1  # changed\n")
    assert Checkout(main).commit({"helpers.py"}) == commits[0]
    assert Checkout(adding.root).commit({"helpers.py"}) == f"{commits[1]}+"


def test_a_tarball_has_no_commit(adding: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is proven there is proven all the same."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(adding.root.parent))  # none above it counts
    assert not (adding.root / ".git").exists()
    adding.run().assert_outcomes(passed=2)
    assert {run.commit for run in adding.evidence.values()} == {""}
    adding.run("--stale").assert_outcomes(deselected=2)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda project: project.write("old.py", "changed = True\n"), "old.py"),
        (lambda project: git(project, "mv", "old.py", "new.py"), "new.py"),
        (lambda project: project.write("helpers.py", "ignored = True\n"), "helpers.py"),
        (lambda project: project.write("größe.py", "changed = True\n"), "größe.py"),
    ],
    ids=["edited", "renamed", "ignored", "not ASCII"],
)
@pytest.mark.parametrize("subfolder", [".", "a/b"])
def test_what_a_commit_does_not_have_is_marked(
    project: Project, change: Callable[[Project], None], path: str, subfolder: str
) -> None:
    """However it came about, and wherever in its repository the project lies."""
    project.root /= subfolder
    for name, text in {".gitignore": "helpers.py\n", "old.py": "", "größe.py": ""}.items():
        project.write(name, text)
    git(project, "init", "-q", str(project.pytester.path))
    git(project, "add", ".")
    git(project, "commit", "-qm", "All")
    assert len(Checkout(project.root).commit({"old.py", "größe.py"})) == 10
    change(project)
    commit = Checkout(project.root).commit({path})
    assert len(commit) == 11
    assert commit.endswith("+")


LATE = """
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from snippets.adding import count

WORKER = '''
import sys
from pathlib import Path
folder, parent = Path(sys.argv[1]), Path(f"/proc/{sys.argv[2]}")
for number in range(1_000_000):
    if not (folder.exists() and parent.exists()):
        break
    (folder / f"{number}.stack").touch()
    if number == 2_000:
        print("begins", flush=True)
'''


def test_late():
    count()
    [folder] = Path(tempfile.gettempdir()).glob("snippets-traces-*/test-*")
    arguments = [sys.executable, "-c", WORKER, folder, str(os.getpid())]
    worker = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    assert worker.stdout.readline() == b"begins\\n"
"""


def test_a_worker_that_begins_when_its_test_has_ended_does_no_harm(
    adding: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may write into the folder of its trace while that is removed."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    adding.write("tests/test_adding.py", LATE)
    result = adding.run()
    result.stdout.no_fnmatch_line("INTERNALERROR*")
    result.assert_outcomes(passed=1)
    assert adding.outcomes == {"test_late": "passed"}
    wait_until(lambda: not [*temporary.glob("snippets-*")], lambda: "traces to go", 10)
