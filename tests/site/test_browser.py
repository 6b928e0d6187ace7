"""The finished pages in a browser: replay, copying, phones, dark mode, printing, no JavaScript."""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from livesnippets.evidence.recording import RUNNING, SUSPENDED, Call, Recording, Span
from livesnippets.page.timeline import draw
from tests.site.conftest import CODE_PAGES, PATTERN, ROOT, SITE

Visit = Callable[..., Page]
Lit = set[tuple[str, int, str, bool]]

STATES = {"r": "running", "w": "waiting", "s": "suspended"}
PHONE = {"width": 360, "height": 740}
REPLAY = SITE / "_static/replay.js"


def recorded(page: Page, number: int) -> dict[str, Any]:
    """Return the recording that the page's timeline holds."""
    scripts = page.locator(".timeline-picture script").all_text_contents()
    found: dict[str, Any] = json.loads(scripts[number])
    return found


def expected(page: Page, recording: dict[str, Any], moment: float) -> Lit:
    """Return what should be lit: path, line, state, and whether the call is an outer one."""
    shown = page.evaluate(
        """() => [...document.querySelectorAll(".snippet .line")].map((line) =>
             [line.closest(".snippet").dataset.snippet, Number(line.dataset.n)])"""
    )
    under_way = {
        index: (call, *span)
        for index, call in enumerate(recording["calls"])
        for span in call["spans"]
        if span[1] <= moment < span[2]
    }
    outer = {
        call["by"]
        for call, state, *_ in under_way.values()
        if call["by"] in under_way and under_way[call["by"]][1] == state
    }
    lit: dict[tuple[str, int], tuple[int, str, bool]] = {}
    for index, (call, state, _, _, line) in under_way.items():
        place = call["path"], line
        rank = "swr".index(state) + (0 if index in outer else 3)
        if [*place] in shown and rank >= lit.get(place, (-1, "", False))[0]:
            lit[place] = rank, STATES[state], index in outer
    return {(*place, state, is_outer) for place, (_, state, is_outer) in lit.items()}


def both_wait(page: Page, recording: dict[str, Any]) -> float:
    """Return a moment at which the driver waits for its answer, and the loop for its item."""
    asking = page.locator(".snippet .line", has_text="answer = ray.get(").first
    line = int(asking.get_attribute("data-n") or 0)

    def waits(name: str) -> list[list[Any]]:
        spans = (call["spans"] for call in recording["calls"] if call["name"] == name)
        return [span for each in spans for span in each if span[0] == "w"]

    ((_, begin, end, _),) = (span for span in waits("ask_while_polling") if span[3] == line)
    within = (span for span in waits("LongPollingActor.run") if begin <= span[1] < span[2] <= end)
    _, start, stop, _ = next(within)
    return float((start + stop) // 2000 * 1000)


def lit(page: Page) -> Lit:
    """Return what is lit."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("[data-lit]")].map((line) => [
             line.closest(".snippet").dataset.snippet, Number(line.dataset.n),
             line.dataset.lit, "outer" in line.dataset])"""
    )
    return {tuple(each) for each in found}


def slide(page: Page, number: int, moment: float) -> Locator:
    """Move a slider to a moment, as a pointer does."""
    slider = page.locator(".replay input").nth(number)
    slider.evaluate(
        "(slider, moment) => { slider.value = moment; slider.dispatchEvent(new Event('input')) }",
        moment,
    )
    return slider


def visible(cursor: Locator) -> bool:
    """Whether a cursor is shown; a line has no width that a browser could go by."""
    return bool(cursor.evaluate("line => getComputedStyle(line).visibility") == "visible")


@pytest.mark.parametrize("number", [0, 1], ids=["blocked", "answering"])
def test_the_slider_lights_the_lines_of_the_recording(visit: Visit, number: int) -> None:
    """At each moment of the program, which has a line lit all the time; the cursor goes along."""
    page = visit(PATTERN)
    recording = recorded(page, number)
    program = recording["calls"][0]
    assert program["name"] == "<module>"
    program_end = program["spans"][-1][2]
    width = int(page.locator(".timeline-picture").nth(number).get_attribute("data-width") or 0)
    seen = set()
    for part in range(0, 100, 3):
        moment = program_end * part // 100
        slide(page, number, moment)
        now = lit(page)
        assert now == expected(page, recording, moment)
        assert now
        seen |= now
        cursor = page.locator(".tl-cursor").nth(number)
        assert visible(cursor)
        x = float((cursor.get_attribute("x1") or "").rstrip("%"))
        assert x == pytest.approx(100 * moment / width)
    other = "waiting" if number == 0 else "suspended"
    assert {"running", other} <= {state for _, _, state, _ in seen}


def test_keys_and_buttons_step_from_event_to_event(visit: Visit) -> None:
    """Forth and back, and not beyond the ends."""
    page = visit(PATTERN)
    recording = recorded(page, 0)
    steps = sorted({span[1] for call in recording["calls"] for span in call["spans"]})
    slider = page.locator(".replay input").first
    slider.focus()

    def at(moment: float) -> bool:
        return float(slider.input_value()) == moment and lit(page) == expected(
            page, recording, moment
        )

    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert at(steps[2] if steps[0] == 0 else steps[1])
    page.keyboard.press("ArrowLeft")
    assert at(steps[1] if steps[0] == 0 else steps[0])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert at(0)
    page.get_by_role("button", name="one step on").first.click()
    assert at(next(step for step in steps if step > 0))
    page.get_by_role("button", name="one step back").first.press("Enter")
    assert at(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert at(next(step for step in steps if step > 0))
    slider.press("End")
    slider.press("ArrowLeft")
    assert at(steps[-1])
    slider.press("ArrowRight")
    assert float(slider.input_value()) == recording["end"]


def test_nothing_plays_until_it_is_asked_to(visit: Visit) -> None:
    """Then it plays until it is paused, and the lines are those of the moment."""
    page = visit(PATTERN)
    slider = page.locator(".replay input").first
    page.wait_for_timeout(300)
    assert lit(page) == set()
    assert slider.input_value() == "0"
    assert not visible(page.locator(".tl-cursor").first)
    play = page.get_by_role("button", name="Play").first
    play.click()
    page.wait_for_function("document.querySelector('.replay input').value > 20000")
    page.get_by_role("button", name="Pause").click()
    moment = float(slider.input_value())
    page.wait_for_timeout(200)
    assert float(slider.input_value()) == moment
    assert lit(page) == expected(page, recorded(page, 0), moment)


def test_one_replay_ends_the_other(visit: Visit) -> None:
    """Lines that both runs have are lit for one of them at a time."""
    page = visit(PATTERN)
    page.get_by_role("button", name="Play").first.click()
    slide(page, 1, 100_000)
    assert lit(page) == expected(page, recorded(page, 1), 100_000)
    page.wait_for_timeout(200)
    assert lit(page) == expected(page, recorded(page, 1), 100_000)
    assert page.locator(".tl-cursor.tl-shown").count() == 1


def test_a_replay_says_where_each_process_is(visit: Visit) -> None:
    """A row each, with what it does and the line of code, also for who hears the page."""
    page = visit(PATTERN)
    moment = both_wait(page, recorded(page, 0))
    slider = slide(page, 0, moment)
    rows = page.locator(".replay").first.locator("tr").all_inner_texts()
    said = [re.split(r"\s*\t\s*", row.strip()) for row in rows]
    assert [process for process, *_ in said] == ["driver", "LongPollingActor", "DataStore"]
    assert said[0][1:] == ["waiting", "answer = ray.get(poller.other_task.remote(), timeout=2)"]
    assert said[1][1] == "waiting"
    heard = slider.get_attribute("aria-valuetext") or ""
    assert heard.startswith(f"{moment / 1000:.1f} ms; ")
    assert "ask_while_polling waiting at line" in heard


def test_the_controls_follow_to_the_code(visit: Visit) -> None:
    """Who scrolls up to the lines keeps the controls at hand until the replay is ended."""
    page = visit(PATTERN)
    picture = page.locator(".timeline-picture").first
    picture.scroll_into_view_if_needed()
    slide(page, 0, 1_000_000)
    page.locator(".snippet").first.scroll_into_view_if_needed()
    docked = page.locator(".replay-docked")
    docked.wait_for()
    box = docked.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(page.evaluate("innerHeight"), abs=1)
    page.get_by_role("button", name="end the replay").click()
    assert docked.count() == 0
    assert lit(page) == set()


def test_a_line_that_is_shown_twice_is_lit_twice(visit: Visit) -> None:
    """And where two calls are on one line, the one that works decides."""
    page = visit("about://blank")
    spans = [Span(RUNNING, 0, 9_000_000, 3)]
    calls = [
        Call(7, 1, "f", "snippets/a.py", "", 0, spans=spans),
        Call(8, 1, "f", "snippets/a.py", "", 0, spans=[Span(SUSPENDED, 0, 9_000_000, 3)]),
    ]
    recording = Recording(calls, [], 0, 9_000_000, {}, {7: "A", 8: "A 2"})
    line = '<span class="line" data-n="3">x</span>'
    block = f'<div class="snippet" data-snippet="snippets/a.py">{line}</div>'
    page.set_content(2 * block + draw([("twice", "Twice", recording)]))
    page.add_script_tag(content=REPLAY.read_text())
    slide(page, 0, 4_000)
    states = page.locator("[data-lit]").evaluate_all("lines => lines.map(line => line.dataset.lit)")
    assert states == ["running", "running"]


def test_with_reduced_motion_nothing_can_play(visit: Visit) -> None:
    """Stepping remains."""
    page = visit(PATTERN, reduced_motion="reduce")
    assert page.get_by_role("button", name="Play").count() == 0
    page.get_by_role("button", name="one step on").first.click()
    assert lit(page)


def blocks(page: Page) -> list[tuple[Locator, str]]:
    """Return each block of a page with the lines of its module."""
    found = []
    for block in page.locator(".snippet").all():
        lines = (ROOT / (block.get_attribute("data-snippet") or "")).read_text().splitlines()
        first, _, last = (block.get_attribute("data-lines") or "").partition("-")
        shown = lines[int(first) - 1 : int(last)]
        code = [line for line in shown if not re.match(r"\s*# (end)?region ", line)]
        found.append((block, "\n".join(code)))
    assert found
    return found


@pytest.mark.parametrize("name", CODE_PAGES)
def test_copying_a_block_copies_only_code(visit: Visit, served: str, name: str) -> None:
    """By the button and by a selection, also while lines are lit."""
    window = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = visit(f"{served}/{name}", **window)
    if page.locator(".replay").count():
        slide(page, 0, 100_000)
    for block, code in blocks(page):
        block.hover()
        block.locator("button.copybtn").click()
        assert page.evaluate("navigator.clipboard.readText()").rstrip("\n") == code
        block.locator("pre").evaluate("pre => getSelection().selectAllChildren(pre)")
        page.keyboard.press("Control+c")
        assert page.evaluate("navigator.clipboard.readText()").rstrip("\n") == code


def test_the_page_works_without_javascript(visit: Visit) -> None:
    """Timeline, table and proofs are there; the replay is not."""
    page = visit(PATTERN, java_script_enabled=False)
    assert page.locator(".replay").count() == 0
    drawings = page.locator("svg.timeline-drawing")
    assert drawings.count() == 2
    for drawing in drawings.all():
        box = drawing.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 100
    for details, inside in ((".display-table", "table >> nth=0"), (".snippet-proof", "table")):
        opened = page.locator(details).first
        assert not opened.locator(inside).is_visible()
        opened.locator("summary").click()
        assert opened.locator(inside).is_visible()


@pytest.mark.parametrize("name", [*CODE_PAGES, "index.html", "how-it-works.html"])
def test_a_phone_scrolls_no_page_sideways(visit: Visit, name: str) -> None:
    """Also with everything opened, and a replay under way."""
    page = visit(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    if page.locator(".replay").count():
        slide(page, 0, 100_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


CONTRAST = """
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (layers) => {  // what is seen of colours above each other
    pen.clearRect(0, 0, 1, 1);
    for (const [colour, alpha] of layers) {
      pen.globalAlpha = alpha;
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo), layers = [];
    let alpha = 1;
    for (let at = element; at; at = at.parentElement) {
      layers.unshift([getComputedStyle(at).backgroundColor, 1]);
      alpha *= Number(getComputedStyle(at).opacity);
    }
    layers.unshift(["#fff", 1]);
    const ink = element.closest("svg") ? style.fill : style.color;
    const [one, two] = [layers, [...layers, [ink, alpha]]].map(paint).map(luminance);
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  };
  const found = [];
  const look = (css, pseudo) => {
    for (const element of document.querySelectorAll(css)) {
      if (element.getClientRects().length && (pseudo || element.textContent.trim())) {
        found.push([css, contrast(element, pseudo), element.textContent.trim().slice(0, 30)]);
      }
    }
  };
  look("article p"); look("article pre span:not(.line)"); look("article pre .line");
  look("figcaption"); look(".snippet-proof summary"); look(".snippet-evidence td");
  look("svg text"); look(".replay th"); look(".replay td"); look(".replay span");
  look(".replay button"); look(".timeline-legend");
  look(".line[data-ran=unreached]", "::before"); look(".line[data-lit]", "::before");
  return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(visit: Visit, scheme: str) -> None:
    """Text, marks, timelines and lit lines have a contrast of at least 4.5 to 1."""
    page = visit(PATTERN, color_scheme=scheme)
    slide(page, 0, 1_000_000)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    seen = page.evaluate(CONTRAST)
    assert len({css for css, _, _ in seen}) == 14
    assert [each for each in seen if each[1] < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(255, 255, 255)") is (scheme == "light")


def test_printing_hides_the_controls(visit: Visit) -> None:
    """The timeline stays."""
    page = visit(PATTERN)
    slide(page, 0, 1_000_000)
    page.emulate_media(media="print")
    assert not page.locator(".replay").first.is_visible()
    assert page.locator("svg.timeline-drawing").first.is_visible()


@pytest.mark.parametrize("name", [*CODE_PAGES, "index.html", "how-it-works.html"])
def test_pages_work_from_a_file_and_from_a_server(visit: Visit, served: str, name: str) -> None:
    """The fixture sees errors and requests; both ways show the same."""
    from_file, from_server = visit(name), visit(f"{served}/{name}")
    assert from_file.inner_text("article") == from_server.inner_text("article")


def test_the_replay_is_light() -> None:
    """At most 8 KB for the whole site, gzipped."""
    assert len(gzip.compress(REPLAY.read_bytes())) <= 8 * 1024
