"""What the finished pages say about their own code."""

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.site.conftest import CODE_PAGES, PATTERN, ROOT

ON_CODE_PAGES = pytest.mark.parametrize("page", CODE_PAGES, indirect=True)


def python_blocks(page: LexborHTMLParser) -> list[LexborNode]:
    """Return the blocks that are coloured as Python."""
    return page.css("div.highlight-python pre")


@ON_CODE_PAGES
def test_every_python_block_is_proven_and_says_where_it_comes_from(
    page: LexborHTMLParser,
) -> None:
    """No block stands outside an element that names file, lines, digest and verdict."""
    blocks = page.css(".snippet[data-evidence=proven][data-snippet][data-lines][data-digest]")
    assert blocks
    assert len(blocks) == len(python_blocks(page))


@ON_CODE_PAGES
def test_every_block_has_a_line_of_proof_that_opens_without_javascript(
    page: LexborHTMLParser,
) -> None:
    """The proof is a details element with versions, tests and a link to the source."""
    for block in page.css(".snippet"):
        summary = block.css_first("details.snippet-proof > summary")
        assert summary is not None
        assert summary.text().startswith("ran on Ray 2.")
        assert block.css_first("details.snippet-proof li code") is not None
        link = block.css_first("details.snippet-proof a")
        assert link is not None
        assert "/snippets/" in (link.attributes["href"] or "")


@ON_CODE_PAGES
def test_each_shown_line_is_a_line_of_the_file(page: LexborHTMLParser) -> None:
    """Each line of a block carries its number, and is that line of the module."""
    for block in page.css(".snippet"):
        module = (ROOT / (block.attributes["data-snippet"] or "")).read_text().splitlines()
        for line in block.css(".line"):
            original = module[int(line.attributes["data-n"] or 0) - 1]
            assert line.text().rstrip("\n") in (original, original.lstrip())


@pytest.mark.parametrize("page", [PATTERN], indirect=True)
def test_the_blocked_actors_answer_is_never_reached(page: LexborHTMLParser) -> None:
    """Exactly one line of the page is never reached: the return of the blocked other_task."""
    (never,) = page.css(".line[data-ran=unreached]")
    assert never.text().strip().startswith("return ")
    before = never.prev
    while before is not None and before.tag != "span":
        before = before.prev
    assert before is not None
    assert before.text().strip() == "def other_task(self):"


@ON_CODE_PAGES
def test_every_other_line_that_can_run_did(
    page: LexborHTMLParser, request: pytest.FixtureRequest
) -> None:
    """Every line that can run is proven, but for the one of the pattern page."""
    states = [line.attributes["data-ran"] for line in page.css(".line[data-ran]")]
    unreached = 1 if request.node.callspec.params["page"] == PATTERN else 0
    assert states.count("unreached") == unreached
    assert states.count("proven") == len(states) - unreached > 0


@ON_CODE_PAGES
def test_each_column_of_a_table_has_a_name(page: LexborHTMLParser) -> None:
    """A screen reader says it with each cell, the first column's as well."""
    assert [head.html for head in page.css("th") if not head.text(strip=True)] == []
