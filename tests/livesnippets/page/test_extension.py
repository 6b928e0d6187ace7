from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from sphinx.errors import ExtensionError

from livesnippets.evidence import files
from livesnippets.evidence.files import write_sealed
from livesnippets.evidence.results import Evidence, Failure, Frame
from tests.support.repository import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repository import Repository

STALE = (
    "snippets/poller.py:3: stale evidence: {} changed since tests/test_poller.py::test_poller ran"
)
UNPROVEN = "snippets/poller.py:3: no passing test runs lines 3, 6, 10-11, 15-16"


def test_proven_pages_are_published_with_a_count(repository: Repository) -> None:
    """The last line says how much is proven, and where it ran."""
    repository.prove(
        test_poller=repository.test_run(
            without={"snippets/poller.py": {16}}, unreached={"snippets/poller.py": [16]}
        )
    )
    build = repository.build()
    assert (build.code, build.complained) == (0, "")
    assert "index.html" in build.pages
    here = repository.environment
    assert (
        build.said.strip()
        .splitlines()[-1]
        .endswith(f": 5 lines proven, 1 never reached, on Ray {here.ray}, Python {here.python}")
    )


def test_nothing_is_built_twice(repository: Repository) -> None:
    """When neither page nor evidence has changed, no page is read or written."""
    repository.build()
    again = repository.build()
    assert "0 added, 0 changed, 0 removed" in again.said
    assert "no targets are out of date" in again.said
    assert " lines proven" in again.said


@pytest.mark.parametrize("keep_time", [False, True], ids=["touched", "same mtime"])
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("snippets/poller.py", "True", "None"),
        ("snippets/poller.py", "A poller", "a poller"),
        ("helpers.py", "monotonic", "time"),
        ("requirements.txt", "ray==", "click==8\nray=="),
    ],
    ids=["code", "docstring", "helper", "lock"],
)
def test_a_changed_file_makes_its_proof_stale(
    proven: Repository, path: str, old: str, new: str, *, keep_time: bool
) -> None:
    """One changed character in anything that the test ran is enough."""
    proven.edit(path, old, new, keep_time=keep_time)
    finding = proven.refuse_at_block()
    assert finding.startswith(STALE.format(path))
    assert "; run 'make " in finding


def test_a_deleted_helper_makes_the_proof_stale(proven: Repository) -> None:
    """A file that is gone has changed."""
    (proven.root / "helpers.py").unlink()
    assert proven.refuse_at_block().startswith(STALE.format("helpers.py"))


def test_a_file_that_was_edited_during_the_run_is_stale(proven: Repository) -> None:
    """Evidence without a digest of a file fits no file."""
    run = proven.test_run()
    proven.prove(test_poller=replace(run, files={**run.files, "helpers.py": ""}))
    assert proven.refuse_at_block().startswith(STALE.format("helpers.py"))


def test_a_new_method_that_no_test_calls_is_refused(proven: Repository) -> None:
    """The finding names the line that did not run, and no other."""
    proven.edit(
        "snippets/poller.py", "return True\n", "return True\n\n    def new(self):\n        pass\n"
    )
    proven.prove(test_poller=proven.test_run(without={"snippets/poller.py": {19}}))
    finding = proven.refuse_at_block()
    assert finding.startswith("snippets/poller.py:19: no passing test runs line 19; ")


def test_a_skipped_test_proves_nothing(proven: Repository) -> None:
    """A page that has not changed is refused when its test no longer runs; it says why."""
    skipped = proven.test_run(outcome="skipped", failure=Failure("no time"))
    proven.prove(test_poller=skipped)
    assert proven.refuse_at_block() == (
        "snippets/poller.py:3: tests/test_poller.py::test_poller is skipped: no time; let it run"
    )


def test_a_failed_test_is_named_though_it_ran_no_block(proven: Repository) -> None:
    """For what the pages say in words has its tests, too."""
    proven.write("tests/test_poller.py", "import os\n\ndef test_claim():\n    assert 0\n")
    claim = proven.test_run(outcome="failed", failure=Failure("assert 0"), hits={}, files={})
    files = {"requirements.txt": proven.test_run().files["requirements.txt"]}
    proven.prove(test_claim=replace(claim, files=files), test_poller=proven.test_run())
    assert proven.refuse() == [
        "tests/test_poller.py:3: tests/test_poller.py::test_claim fails: assert 0"
    ]


def test_a_module_that_cannot_be_parsed_is_listed_once(proven: Repository) -> None:
    """Not at each page and as stale evidence, whose cure would be another."""
    proven.write("docs/index.md", f"{PAGE}\n```{{toctree}}\nother\n```\n")
    proven.write("snippets/second.py", "x = 1\n")
    proven.write("docs/other.md", f"{PAGE}\n```{{literalinclude}} ../snippets/second.py\n```\n")
    proven.prove()
    proven.edit("snippets/poller.py", "def fetch(self):", "def fetch(self:")
    assert proven.refuse() == [
        "snippets/poller.py:10: cannot be parsed ('(' was never closed); mend the module"
    ]


def test_a_failed_test_is_named_at_its_block(proven: Repository) -> None:
    """With its line in the block and its message, though another test proves every line."""
    failure = Failure(
        "AssertionError: assert 3 == 4\n  where 3 = f()",
        [Frame("tests/test_poller.py", 3), Frame("snippets/poller.py", 11), Frame("helpers.py", 5)],
    )
    failed = proven.test_run(outcome="failed", failure=failure)
    proven.prove(test_fetch=failed, test_other=proven.test_run())
    expected = "snippets/poller.py:11: tests/test_poller.py::test_fetch fails: "
    assert proven.refuse_at_block() == f"{expected}AssertionError: assert 3 == 4"
    page = proven.build(strict=False).page()
    assert page.count(' data-failed=""') == 1
    assert re.search(r'data-n="11"[^>]* data-failed=""', page)
    assert "where 3 = f()" in page


def test_a_line_that_ran_is_not_never_reached(proven: Repository) -> None:
    """What one test declares never reached no other test may reach."""
    proven.prove(
        test_poller=proven.test_run(),
        test_blocked=proven.test_run(hits={}, unreached={"snippets/poller.py": [16]}),
    )
    finding = proven.refuse_at_block()
    assert finding.startswith("snippets/poller.py:16: line 16 ran, though a test declares")


def test_new_evidence_reaches_an_unchanged_page(repository: Repository) -> None:
    """A page shows today's duration, although Sphinx had no reason to read it again."""
    assert "0.25 s" in repository.build().page()
    repository.prove(test_poller=repository.test_run(duration=0.5))
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert "0.50 s" in build.page()


def test_a_refused_page_comes_back_when_it_is_mended(repository: Repository) -> None:
    """The build after a refused one publishes again."""
    repository.prove(test_poller=repository.test_run(outcome="failed"))
    repository.refuse()
    repository.prove()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert "index.html" in build.pages


def _delete(repository: Repository) -> None:
    repository.evidence_file.unlink()


def _cut(repository: Repository) -> None:
    text = repository.evidence_file.read_text()
    repository.evidence_file.write_text(text[: len(text) // 2])


def _edit(repository: Repository) -> None:
    name = repository.evidence_file.relative_to(repository.root).as_posix()
    repository.edit(name, '"passed"', '"passed "')


def _reformat(repository: Repository) -> None:
    content = json.loads(repository.evidence_file.read_text())
    del content["digest"]
    write_sealed(repository.evidence_file, {**content, "format": 0})


def _strip(repository: Repository) -> None:
    content = json.loads(repository.evidence_file.read_text())
    del content["digest"], content["tests"]
    write_sealed(repository.evidence_file, content)


def _move_to_another_ray(repository: Repository) -> None:
    _delete(repository)
    elsewhere = replace(repository.environment, ray="2.40.0")
    tests = {"tests/test_poller.py::test_poller": repository.test_run()}
    files.write(repository.root / "build/evidence", Evidence(elsewhere, tests))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_delete, "build/evidence:1: holds no evidence; run "),
        (_cut, "{}:1: is cut short or not JSON"),
        (_edit, "{}:1: was edited after the tests wrote it"),
        (_reformat, "{}:1: has format 0, not 5"),
        (_strip, "{}:1: is not what a test run leaves (Object missing required field `tests`)"),
        (_move_to_another_ray, "comes from Ray 2.40.0, Python "),
    ],
)
def test_evidence_that_cannot_be_trusted_proves_nothing(
    proven: Repository, spoil: Callable[[Repository], None], complaint: str
) -> None:
    """The build names the evidence file and each block that is without proof now."""
    spoil(proven)
    file = proven.evidence_file.relative_to(proven.root).as_posix()
    [of_file, of_block] = proven.refuse()
    assert complaint.format(file) in of_file
    assert "run 'make " in of_file
    assert of_block.startswith(UNPROVEN)
    assert proven.build(strict=False).shown == [of_block]


def test_evidence_from_another_ray_than_the_lock_s_is_refused(proven: Repository) -> None:
    """The lock decides, not what happens to be installed."""
    here = proven.environment.ray
    proven.edit("requirements.txt", f"ray=={here}", 'ray[default]==2.59.0 ; python_version > "3"')
    [of_file, of_block] = proven.refuse()
    assert f"comes from Ray {here}, " in of_file
    assert "ask for Ray 2.59.0, " in of_file
    assert of_block.startswith(UNPROVEN)


def test_all_findings_are_listed(proven: Repository) -> None:
    """One build tells everything that is to be mended."""
    proven.write("docs/index.md", "# Polling\n\n```python\n1\n```\n\n```py\n2\n```\n")
    proven.write("snippets/spare.py", "x = 1\n")
    assert [finding.split(": ")[0] for finding in proven.refuse()] == [
        "docs/index.md:3",
        "docs/index.md:7",
        "snippets/poller.py:1",
        "snippets/spare.py:1",
    ]


def test_a_removed_page_leaves_the_site(repository: Repository) -> None:
    """No page is published that has no source."""
    repository.write("docs/second.md", ":orphan:\n\n# Second\n")
    assert "second.html" in repository.build().pages
    (repository.root / "docs/second.md").unlink()
    assert "second.html" not in repository.build().pages


def test_wrong_settings_end_the_build_in_one_line(repository: Repository) -> None:
    """A misspelt key is named, with its file."""
    repository.write("pyproject.toml", '[tool.livesnippets]\nsnipets = "code"\n')
    with pytest.raises(ExtensionError, match=r"pyproject\.toml:2: .*'snipets', or remove it"):
        repository.build()


def test_other_builders_show_the_code_alone(repository: Repository) -> None:
    """Text has no proof, and needs none."""
    build = repository.build("text")
    assert (build.code, build.complained) == (0, "")
    text = (build.folder / "index.txt").read_text()
    assert "return now()" in text
    assert "region" not in text


def test_a_build_hands_on_what_each_page_shows(proven: Repository) -> None:
    """Who listens need not read the pages again."""
    proven.write("docs/other.md", "---\norphan: true\n---\n\n# Other\n")
    [judgement] = proven.build().judged
    assert judgement.shown["index.html"] == {"snippets/poller.py"}
    assert judgement.shown["other.html"] == frozenset()
    assert judgement.findings == []
