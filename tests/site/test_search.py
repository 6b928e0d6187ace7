"""What a reader types into the search, and where the first results lead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import PATTERN as LOOP
from tests.site.conftest import SITE
from tests.site.test_access import violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

STOP = "patterns/stopping-cleanly.html"
RULES = "reference/async-actors.html"
DATABASE = "patterns/queue-in-a-database.html"
ASKED = {
    "max_concurrency": f"{RULES}#max-concurrency",
    "ray.wait": f"{RULES}#ray-get-blocks",
    "actor blocked": f"{RULES}#what-blocks-it",
    "GetTimeoutError": f"{RULES}#max-concurrency",
    "sleep(0)": f"{RULES}#sleep-zero-spins",
    "cancel": f"{STOP}#or-catch-the-cancel",
    "stop loop": f"{LOOP}#stopping-the-loop",
    "SKIP LOCKED": DATABASE,
    "postgres notify": f"{DATABASE}#news-instead-of-questions",
    "namespace": "patterns/named-and-detached-actors.html#names-live-in-a-namespace",
    "get_if_exists": "patterns/named-and-detached-actors.html",
    "detached actor": "patterns/named-and-detached-actors.html",
    "max_task_retries": "patterns/restarts-and-supervision.html",
    "supervisor": "patterns/restarts-and-supervision.html#errors-a-supervisor",
    "backpressure": "patterns/queues-and-back-pressure.html",
    "asyncio.Queue maxsize": "patterns/queues-and-back-pressure.html",
    "health check": "patterns/health-checks.html",
    "ray.kill": f"{STOP}#what-ends-the-process",
    "as_completed": f"{RULES}#awaiting",
    "GIL": f"{RULES}#threads-and-the-gil",
}
"""What is typed, and what leads to the answer: a section, or the beginning of a page."""


@pytest.fixture
def search(visit: Callable[..., Page], served: str) -> Callable[..., Page]:
    """Return a function that opens the results of a search."""

    def open_results(query: str, **window: object) -> Page:
        page = visit(f"{served}/search.html?q={quote(query)}", **window)
        page.locator("#search-status:not(:empty)").wait_for(state="attached")
        return page

    return open_results


def addresses(page: Page) -> list[str]:
    """Return where the results lead, in their order."""
    links = page.locator("#search-results a")
    return [link.get_attribute("href") or "" for link in links.all()]


@pytest.mark.parametrize("query", ASKED)
def test_what_is_looked_for_is_among_the_first_three(
    search: Callable[..., Page], query: str
) -> None:
    """As a section that the page really has, or as the page."""
    page = search(query)
    assert ASKED[query] in addresses(page)[:3]
    path, _, anchor = ASKED[query].partition("#")
    answer = LexborHTMLParser((SITE / path).read_bytes())
    assert not anchor or answer.css(f"#{anchor}")


def test_all_results_are_sections_that_are_there(search: Callable[..., Page]) -> None:
    """Also where a section has a name that its author gave it."""
    found = addresses(search("actor"))
    assert len(found) == 20
    for address in found:
        path, _, anchor = address.partition("#")
        assert not anchor or LexborHTMLParser((SITE / path).read_bytes()).css(f"#{anchor}")


def test_the_search_finds_no_proof(search: Callable[..., Page]) -> None:
    """Neither the tests of a block or a sentence, nor what these say."""
    page = LexborHTMLParser((SITE / LOOP).read_bytes())
    claim = page.css("[data-claim]")[0].attributes["data-claim"] or ""
    name = claim.rpartition("::")[2]
    assert addresses(search(name)) == []
    index = (SITE / "sections.js").read_text()
    assert "ran on Ray" not in index
    assert "passed on Ray" not in index


def test_a_search_for_too_much_finds_what_has_most_of_it(search: Callable[..., Page]) -> None:
    """And says so; a search for what is nowhere says that."""
    page = search("namespace zebra")
    assert "names-live-in-a-namespace" in addresses(page)[0]
    expect(page.get_by_role("status")).to_contain_text("some of this")
    expect(search("zebra").get_by_role("status")).to_have_text("Nothing found.")


def test_the_search_works_by_keyboard(visit: Callable[..., Page], served: str) -> None:
    """Enter searches, Tab reaches the first result, Enter goes to its section."""
    page = visit(f"{served}/search.html", reduced_motion="reduce")
    page.locator("article input").focus()
    page.keyboard.type("sleep(0)")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=sleep*")
    expect(page.locator("article input")).to_have_value("sleep(0)")
    page.locator("article input").focus()
    page.keyboard.press("Tab")  # to the button
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reference/async-actors.html#sleep-zero-spins")
    expect(page.get_by_role("heading", name="sleep(0) spins")).to_be_in_viewport()


def test_the_search_works_from_a_file(visit: Callable[..., Page]) -> None:
    """A reader who has built the site may not serve it."""
    page = visit(f"{(SITE / 'search.html').as_uri()}?q=cancel")
    expect(page.locator("#search-results a").first).to_contain_text("cancel")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_the_results(
    search: Callable[..., Page], width: int, scheme: str
) -> None:
    """On a desktop and on a phone, in light and in dark."""
    size = {"width": width, "height": 900}
    page = search("ray.wait", viewport=size, color_scheme=scheme)
    assert page.locator("mark").count() > 10
    assert violations(page) == []
