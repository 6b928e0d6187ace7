from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from livesnippets.evidence.files import write_sealed
from tests.support.processes import runs, session

if TYPE_CHECKING:
    from tests.support.repository import Repository

HEAD = "Traceback (most recent call last):"
NOT_RUN = (
    "docs/index.md:6: a doctest block that has not run on the page as it is; run 'make doctest'"
)
SKIPPED = "docs/index.md:6: a doctest block that is skipped; let it run, or remove it"
FAILING = "docs/index.md:6: a page whose doctests fail; mend them, run 'make doctest'"


def show(repository: Repository, block: str) -> None:
    """Put a doctest block on the page."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n```{{doctest}}\n{block}\n```\n")


@pytest.fixture
def with_doctest(proven: Repository) -> Repository:
    """Return a repository whose page has a doctest block, in line 6, that has not run."""
    show(proven, ">>> 1 + 1\n2")
    return proven


def test_a_doctest_block_that_passed_is_published(with_doctest: Repository) -> None:
    """Its evidence is what the doctest builder found."""
    assert with_doctest.build("doctest").code == 0
    build = with_doctest.build()
    assert (build.code, build.findings) == (0, [])
    assert "2 blocks: 6 lines proven" in build.said
    assert 'data-snippet="docs/index.md"' in build.page()


@pytest.mark.parametrize(
    "block",
    [
        "```{eval-rst}\n.. doctest::\n\n   >>> 1 + 1\n   2\n```",
        "```{doctest}\n>>> 1 + 1  # doctest: +ELLIPSIS\n2\n```",
        "```{doctest}\n>>> for i in [1]:\n...     print(i)\n1\n\n>>> 2\n2\n```",
        "```{doctest}\n>>> print('a\\n\\nb')\na\n<BLANKLINE>\nb\n```",
        "```{doctest}\n>>> # why\n>>> 1\n1\n```",
        f"```{{doctest}}\n>>> 1 / 0\n{HEAD}\n  ...\nZeroDivisionError: division by zero\n```",
    ],
)
def test_all_ways_to_write_a_doctest_work(repository: Repository, block: str) -> None:
    """In Markdown, in reST, with flags and with blank lines."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    assert "has not run" in repository.refuse_at_block()
    doctest = repository.build("doctest")
    assert doctest.code == 0, doctest.said
    build = repository.build()
    assert (build.code, build.findings) == (0, [])


def test_a_doctest_block_that_has_not_run_is_refused(with_doctest: Repository) -> None:
    """Nobody knows whether it is true."""
    assert with_doctest.refuse_at_block() == NOT_RUN


def test_a_page_that_changed_since_its_doctests_ran_is_refused(with_doctest: Repository) -> None:
    """The evidence is for the page as it was, wherever it changed."""
    with_doctest.build("doctest")
    assert with_doctest.build().code == 0
    with_doctest.edit("docs/index.md", "# Polling", "# Polling!")
    assert with_doctest.refuse_at_block() == NOT_RUN


@pytest.mark.parametrize(
    "block",
    [
        ">>> 1 + 1  # doctest: +SKIP\n2",
        ">>> 1 + 1\n2\n>>> 1 + 1  # doctest: +SKIP\n2",
        ":skipif: True\n\n>>> 1 + 1\n2",
        ":options: +SKIP\n\n>>> 1 + 1\n2",
        ":pyversion: < 3\n\n>>> 1 + 1\n2",
        ">>> # nothing",
    ],
)
def test_a_skipped_doctest_block_is_refused(proven: Repository, block: str) -> None:
    """What is shown must run."""
    show(proven, block)
    assert proven.build("doctest").code == 0
    assert proven.refuse_at_block() == SKIPPED


@pytest.mark.parametrize(
    ("block", "line"),
    [
        (">>> 1 + 1\n2\n\nIt took 5.", "It took 5."),
        ("First:\n\n>>> 1 + 1\n2", "First:"),
        (">>> # the answer\n42\n>>> 2\n2", "42"),
        (
            f">>> 1 / 0\n{HEAD}\n  in the cellar\nZeroDivisionError: division by zero",
            "in the cellar",
        ),
    ],
)
def test_text_that_doctest_does_not_compare_is_refused(
    proven: Repository, block: str, line: str
) -> None:
    """Whatever stands in a block is read as what happened."""
    show(proven, block)
    assert proven.build("doctest").code == 0
    expected = f"docs/index.md:6: a doctest block with {line!r}, which nothing checks"
    assert proven.refuse_at_block() == f"{expected}; show it outside of the block"


@pytest.mark.parametrize("flag", ["", "  # doctest: +IGNORE_EXCEPTION_DETAIL"])
def test_a_made_up_exception_is_refused(proven: Repository, flag: str) -> None:
    """Sphinx itself would compare no more than its type."""
    show(proven, f">>> 1 / 0{flag}\n{HEAD}\n  ...\nZeroDivisionError: out of luck")
    assert proven.build("doctest").code != 0
    assert proven.refuse_at_block() == FAILING


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("while True: pass", r"docs/index.md:8: ERROR: still runs after 2 s; mend it, or set"),
        ("import os; os._exit(0)", r"docs/index.md:8: ERROR: the process of this page's doctests"),
    ],
)
def test_a_doctest_that_comes_to_no_end_fails_alone(
    repository: Repository, line: str, said: str
) -> None:
    """It is named, and the other pages' doctests run."""
    show(repository, f">>> 1 + 1\n2\n>>> {line}")
    repository.write(
        "docs/other.md", "---\norphan: true\n---\n\n# Other\n\n```{doctest}\n>>> 2\n2\n```\n"
    )
    build = repository.build("doctest", livesnippets_doctest_seconds=2)
    assert build.code != 0
    assert said in build.complained
    assert repository.refuse() == [FAILING]


def test_what_a_doctest_imports_is_evidence(repository: Repository) -> None:
    """When it changes, the doctest has to run again."""
    path = f"import sys; sys.path.insert(0, {str(repository.root)!r})"
    show(repository, f">>> {path}\n>>> import helpers\n>>> helpers.now() > 0\nTrue")
    assert repository.build("doctest").code == 0
    assert repository.build().code == 0
    repository.edit("helpers.py", "monotonic", "time")
    repository.prove()
    finding = "docs/index.md:6: a doctest block that has not run since helpers.py changed"
    assert repository.refuse() == [f"{finding}; run 'make doctest'"]


def test_a_ray_of_a_doctest_is_gone_afterwards(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its files; it has joined no other, and no page has it from another."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ls-") as temporary:  # a socket's is short
        monkeypatch.setenv("TMPDIR", temporary)
        monkeypatch.setattr(tempfile, "tempdir", None)
        show(
            repository,
            ">>> import os, ray\n"
            ">>> context = ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)\n"
            ">>> ray.get(ray.put(1))\n1\n"
            ">>> _ = open(os.environ['SEEN'], 'w').write(str(os.getsid(0)))",
        )
        seen = repository.root / "seen"
        monkeypatch.setenv("SEEN", str(seen))
        build = repository.build("doctest")
        assert build.code == 0, build.said
        assert list(Path(temporary).iterdir()) == []
    leader = int(seen.read_text())
    assert [pid for pid in psutil.pids() if session(pid) == leader and runs(pid)] == []


def test_a_failing_doctest_block_is_refused(with_doctest: Repository) -> None:
    """Both builders fail."""
    with_doctest.edit("docs/index.md", "\n2\n", "\n3\n")
    assert with_doctest.build("doctest").code != 0
    assert with_doctest.refuse_at_block() == FAILING


def test_edited_doctest_evidence_proves_nothing(with_doctest: Repository) -> None:
    """The file is named, and the block."""
    with_doctest.build("doctest")
    with_doctest.edit("build/evidence/doctest.json", '"passed":true', '"passed":1')
    [of_file, of_block] = with_doctest.refuse()
    assert of_file.startswith("build/evidence/doctest.json:1: was edited after the tests wrote it")
    assert of_block == NOT_RUN


def test_doctest_evidence_from_another_environment_proves_nothing(
    with_doctest: Repository,
) -> None:
    """Doctests prove for the Ray and the Python that ran them."""
    with_doctest.build("doctest")
    path = with_doctest.root / "build/evidence/doctest.json"
    content = json.loads(path.read_text())
    del content["digest"]
    content["environment"]["ray"] = "2.40.0"
    write_sealed(path, content)
    assert with_doctest.refuse_at_block() == NOT_RUN
