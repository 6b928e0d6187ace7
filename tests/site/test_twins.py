"""The Markdown twins of the finished pages say all that the pages say."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from playwright.sync_api import Browser, Route
from selectolax.lexbor import LexborHTMLParser, LexborNode

from livesnippets.page.languages import languages_of
from tests.site.conftest import PATTERN, ROOT, SITE

PAGES = sorted(
    page
    for page in (SITE.rglob("*.html") if SITE.exists() else ())
    if (ROOT / "docs" / page.relative_to(SITE)).with_suffix(".md").exists()
)
MARKDOWN = MarkdownIt("commonmark").enable("table").use(footnote_plugin)
PIECES = "h1, h2, h3, h4, p, li, th, td, dt, dd, summary, caption, figcaption, svg title, svg desc"
ELSEWHERE = ".take, .headerlink, [aria-hidden=true]"
"""What is decoration, or leads elsewhere."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def test_there_are_pages() -> None:
    """The site was built."""
    assert SITE / PATTERN in PAGES, "run 'make html'"


def article_of(page: Path) -> LexborNode:
    """Return what a page is about."""
    article = LexborHTMLParser(page.read_bytes()).css_first("article")
    assert article is not None
    return article


def tokens_of(page: Path) -> list[Token]:
    """Return what Markdown makes of a page's twin."""
    return MARKDOWN.parse(page.with_suffix(".md").read_text())


def rendered(page: Path) -> LexborHTMLParser:
    """Return the twin as HTML."""
    return LexborHTMLParser(MARKDOWN.render(page.with_suffix(".md").read_text()))


def language_of(block: LexborNode) -> str:
    """Return the language of a block; Sphinx has no name for that of a doctest."""
    is_doctest = block.css_matches("[data-origin=doctest] pre")
    return "pycon" if is_doctest else next(languages_of(block), "")


def letters(text: str) -> str:
    """Return the letters and digits of a text: Markdown has spaces and signs of its own."""
    return re.sub(r"\W|_", "", text)


@each_page
def test_a_page_leads_to_its_twin(page: Path) -> None:
    """By its head, where programs look for other forms of a page."""
    head = LexborHTMLParser(page.read_bytes()).css_first("head")
    assert head is not None
    (link,) = head.css("link[rel=alternate][type='text/markdown']")
    assert (page.parent / (link.attributes["href"] or "")) == page.with_suffix(".md")


@each_page
def test_a_page_says_what_it_is(page: Path) -> None:
    """In the words of schema.org, with its title and its twin."""
    (data,) = LexborHTMLParser(page.read_bytes()).css("head script[type='application/ld+json']")
    said = json.loads(data.text())
    assert (said["@context"], said["@type"]) == ("https://schema.org", "TechArticle")
    title = article_of(page).css_first("h1")
    assert title is not None
    assert said["headline"] == title.text(deep=True).removesuffix("¶")
    assert (page.parent / said["encoding"]["contentUrl"]) == page.with_suffix(".md")


def test_what_a_page_says_is_no_script(chromium: Browser) -> None:
    """A policy that allows no script in a page has nothing against it."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    (data,) = LexborHTMLParser((SITE / PATTERN).read_bytes()).css("[type='application/ld+json']")
    policy = {"Content-Security-Policy": "script-src 'self'", "Content-Type": "text/html"}
    bodies = [data.html or "", "<script>1</script>"]

    def answer(route: Route) -> None:
        body = f"<!doctype html><link rel=icon href='data:,'>{bodies.pop(0)}"
        route.fulfill(body=body, headers=policy)

    page.route("**/*", answer)
    page.goto("http://127.0.0.1/")
    assert complaints == []
    page.goto("http://127.0.0.1/script")
    assert len(complaints) == 1
    page.close()


@each_page
def test_each_block_is_there_to_the_byte(page: Path) -> None:
    """In order, in a fence that names its language: the code, the outputs, the commands."""
    blocks = article_of(page).css("pre")
    fences = [token for token in tokens_of(page) if token.type == "fence"]
    assert [(token.info, token.content.rstrip("\n")) for token in fences] == [
        (language_of(block), block.text().rstrip("\n")) for block in blocks
    ]


@each_page
def test_each_word_is_there(page: Path) -> None:
    """Each heading, sentence and cell; a drawing as it is told to those who do not see it."""
    twin = letters(rendered(page).text())
    article = article_of(page)
    for elsewhere in article.css(ELSEWHERE):
        elsewhere.decompose()
    # What opens at a sentence is a note there.
    for note in article.css(".claim-note"):
        for part in note.css("span"):
            assert letters(part.text()) in twin
        note.decompose()
    for legend in article.css("figcaption .varies"):
        legend.decompose()  # "underlined": there the pieces are named
    for drawn in article.css(".display-timeline svg, .display-timeline summary"):
        drawn.decompose()  # its tables say it
    said = [part for piece in article.css(PIECES) for part in piece.text().split("·")]
    assert said
    # Where a note is referred to, its number has got between.
    twin_without = re.sub(r"\[\^\d+\]", "", page.with_suffix(".md").read_text())
    plain = letters(LexborHTMLParser(MARKDOWN.render(twin_without)).text())
    assert [text for text in said if letters(text) not in plain] == []


@each_page
def test_each_number_claim_and_proof_is_there(page: Path) -> None:
    """With the test that shows it, or the spread of what was measured."""
    twin, article = rendered(page).text(), article_of(page)
    for claim in article.css("[data-claim]"):
        assert (claim.attributes["data-claim"] or "").rpartition("::")[2] in twin
    for number in article.css("[data-display=measured] abbr"):
        assert number.text() in twin
        assert (number.attributes["title"] or "") in twin
    for proof in article.css(".snippet details.snippet-proof"):
        tests = proof.css("li code")
        assert tests
        assert [test.text() for test in tests if test.text() not in twin] == []
    assert twin.count("Proof: ran on Ray ") == len(
        article.css(".snippet details.snippet-proof summary")
    )


@each_page
def test_each_table_is_there(page: Path) -> None:
    """With as many rows and columns; a timeline as the table that says what it draws."""

    def tables(article: LexborNode) -> list[list[int]]:
        return [
            [
                sum(int(cell.attributes.get("colspan") or 1) for cell in row.css("th, td"))
                for row in table.css("tr")
            ]
            for table in article.css("table")
            if not table.css_matches(".snippet details.snippet-proof table")
        ]

    body = rendered(page).body
    assert body is not None
    assert tables(body) == tables(article_of(page))


@each_page
def test_links_lead_to_what_is_there(page: Path) -> None:
    """And from twin to twin wherever a page leads to a page."""
    for link in rendered(page).css("a[href]:not([href^='#'])"):
        address = link.attributes["href"] or ""
        if re.match(r"https?:", address):
            continue
        target = page.parent / unquote(address.partition("#")[0])
        assert target.resolve().is_file(), address
        assert target.suffix != ".html", address


def test_the_list_leads_to_each_twin() -> None:
    """By title, each with a sentence of its own, under the captions of the toctrees."""
    text = (SITE / "llms.txt").read_text()
    assert text.startswith("# Ray patterns, proven\n\n> Code for Ray that you can trust")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Patterns", "Reference", "About"]
    entries = re.findall(r"^- \[(.+)\]\((.+)\): (\w.+[.!?])$", text, re.MULTILINE)
    twins = {page.with_suffix(".md").relative_to(SITE).as_posix() for page in PAGES}
    assert {address for _, address, _ in entries} == twins - {"index.md"}
    assert len({said for *_, said in entries}) == len(entries)
    assert "](index.md)" in text
