from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.files import write_sealed

if TYPE_CHECKING:
    from tests.support.repository import Repository

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
        ":skipif: True\n\n>>> 1 + 1\n2",
    ],
)
def test_a_skipped_doctest_block_is_refused(proven: Repository, block: str) -> None:
    """What is shown must run."""
    show(proven, block)
    assert proven.build("doctest").code == 0
    assert proven.refuse_at_block() == SKIPPED


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
