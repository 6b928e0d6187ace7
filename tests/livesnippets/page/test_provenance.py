"""A page lists the evidence of the whole site, and beside it lies the same for machines."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.statement import FILE, FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import Build, Repository

LIST = "# Evidence\n\n```{evidence}\n```\n"
PAGE = """
# Words

`answer` answers.{claim}`test_poller`

```{literalinclude} ../../snippets/poller.py
:pyobject: Poller.other_task
```
"""
SHOWN = "    def other_task(self):\n        return True\n"
TEST = "tests/test_poller.py::test_poller"
OTHER = "tests/test_poller.py::test_other"


@pytest.fixture
def listing(repository: Repository) -> Repository:
    """Return a repository of three pages, of which one lists the evidence of all."""
    repository.write("tests/test_poller.py", "def test_poller():\n    pass\n")
    repository.write("docs/deep/words.md", PAGE)
    repository.write("docs/evidence.md", LIST)
    toctree = "```{toctree}\ndeep/words\nevidence\n```\n"
    repository.edit("docs/index.md", "# Polling\n", f"# Polling\n\n{toctree}")
    repository.prove(
        test_poller=repository.test_run(), test_other=repository.test_run(commit="beef")
    )
    return repository


def built(repository: Repository, builder: str = "html") -> Build:
    """Build the site, which is proven."""
    build = repository.build(builder)
    assert (build.code, build.findings) == (0, [])
    return build


def statement(folder: Path) -> Any:  # noqa: ANN401 - JSON
    """Return the statement of a site."""
    return msgspec.json.decode((folder / FILE).read_bytes())


def test_each_block_is_listed_with_its_digest_its_tests_and_their_commits(
    listing: Repository,
) -> None:
    """By page; the page that lists them links to the others and to the statement."""
    page = LexborHTMLParser(built(listing).page("evidence"))
    [first, second] = page.css("details")
    assert [each.css("summary")[0].text() for each in (first, second)] == [
        "Words · 1 block · 1 claim",
        "Polling · 1 block",
    ]
    assert first.css("a")[0].attributes["href"] == "deep/words.html"
    [block] = first.css("ol > li")
    said = " ".join(block.text().split())
    assert said.startswith("snippets/poller.py, lines 15-16. SHA-256 of the text: ")
    assert sha256(SHOWN.encode()).hexdigest() in said
    assert "test_poller.py::test_poller, commit 0fd0a7d123" in said
    assert "test_poller.py::test_other, commit beef" in said
    [top] = page.css("figure > p")
    assert "2 blocks and 1 claim on 2 pages." in top.text()
    assert listing.environment.in_full in top.text()
    assert [link.attributes["href"] for link in top.css("a")] == [FILE]


def test_the_list_is_in_no_index(listing: Repository) -> None:
    """Who searches finds the page by its own words."""
    index = (built(listing).folder / "searchindex.js").read_text()
    assert "evid" in index
    assert "0fd0a7d123" not in index
    assert "test_oth" not in index


def test_the_statement_keeps_to_its_specification(listing: Repository) -> None:
    """That of in-toto's statement, version 1, and of its test-result predicate, version 0.1."""
    skipped = listing.test_run(outcome="skipped", hits={}, parts={})
    one, two = listing.test_run(), listing.test_run()
    listing.prove(test_poller=one, test_other=two, test_skipped=skipped)
    said = statement(built(listing).folder)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    names = [each["name"] for each in said["subject"]]
    assert len(names) == len(set(names))
    predicate = said["predicate"]
    assert predicate.keys() == {"result", "configuration", "passedTests", "failedTests"}
    assert predicate["result"] == "PASSED"
    assert (predicate["passedTests"], predicate["failedTests"]) == ([OTHER, TEST], [])
    assert predicate["configuration"]
    for each in [*said["subject"], *predicate["configuration"]]:
        assert each.keys() <= {"name", "digest", "annotations"}
        assert isinstance(each["name"], str)
        assert isinstance(each.get("annotations", {}), dict)
        [[algorithm, value]] = each["digest"].items()
        length = {"sha256": 64, "gitCommit": 40}[algorithm]
        assert re.fullmatch(f"[0-9a-f]{{{length}}}", value)


def test_its_subjects_are_the_pages_and_their_blocks(listing: Repository) -> None:
    """Each digest is that of what lies in the site, the list of evidence included."""
    folder = built(listing).folder
    subjects = {each["name"]: each for each in statement(folder)["subject"]}
    pages = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    assert subjects.keys() == {*pages, "index.html#block-1", "deep/words.html#block-1"}
    for page in pages:
        content = (folder / page).read_bytes()
        assert subjects[page]["digest"] == {"sha256": sha256(content).hexdigest()}
    block = subjects["deep/words.html#block-1"]
    assert block["digest"] == {"sha256": sha256(SHOWN.encode()).hexdigest()}
    assert block["annotations"] == {
        "source": "snippets/poller.py",
        "lines": "15-16",
        "tests": [OTHER, TEST],
        "commits": ["0fd0a7d123", "beef"],
    }
    kept = (folder / FOLDER / listing.evidence_file.name).read_bytes()
    assert kept == listing.evidence_file.read_bytes()


def test_a_list_follows_other_pages(listing: Repository) -> None:
    """Although its own source is as it was; nothing is left of it when it is gone."""
    listing.edit("docs/deep/words.md", "```{lit", "Words.\n\n```{lit")
    first = built(listing)
    before = first.page("evidence"), statement(first.folder)
    assert built(listing).page("evidence") == before[0]
    listing.edit("docs/deep/words.md", "\n:pyobject: Poller.other_task", "")
    after = built(listing)
    assert "lines 1-16" in after.page("evidence")
    assert statement(after.folder) != before[1]
    listing.edit("docs/evidence.md", "```{evidence}\n```", "None.")
    gone = built(listing)
    assert not (gone.folder / FILE).exists()
    assert not (gone.folder / FOLDER).exists()


def test_a_preview_says_where_the_list_is(listing: Repository) -> None:
    """It would be made anew after each edit, which takes time."""
    preview = listing.build(strict=False)
    assert "The published site lists its evidence here." in preview.page("evidence")
    assert not (preview.folder / FILE).exists()


@pytest.mark.parametrize("builder", ["dirhtml", "singlehtml"])
def test_other_sites_list_it_as_well(listing: Repository, builder: str) -> None:
    """The link to the statement leads there from any folder."""
    folder = built(listing, builder).folder
    page = folder / ("evidence/index.html" if builder == "dirhtml" else "index.html")
    [link] = LexborHTMLParser(page.read_bytes()).css(f'a[href$="{FILE}"]')
    assert (page.parent / (link.attributes["href"] or "")).resolve() == folder.resolve() / FILE


def test_a_format_without_the_list_says_where_it_is(listing: Repository) -> None:
    """It does not vanish."""
    text = (built(listing, "text").folder / "evidence.txt").read_text()
    assert "The published site lists its evidence here." in text
