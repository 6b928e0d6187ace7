"""The finished pages in a browser: replay, copying, phones, dark mode, printing, no JavaScript."""

import gzip
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from livesnippets.evidence.recording import RUNNING, SUSPENDED, WAITING, Call, Recording, Span
from livesnippets.page.callout import find
from livesnippets.page.doing import doing
from livesnippets.page.timeline import Asked, draw
from tests.site.conftest import CODE_PAGES, PATTERN, ROOT, SITE

Visit = Callable[..., Page]
Lit = set[tuple[int, str, bool]]

MODULE = "snippets/a.py"
MS = 1_000_000
NUMBERS = itertools.count(1)
PHONE = {"width": 360, "height": 740}
REPLAY = SITE / "_static/replay.js"
STYLE = SITE / "_static/livesnippets.css"


def call(process: int, name: str, *spans: Span, parent: int | None = None) -> Call:
    """Return a call with a number of its own."""
    number = next(NUMBERS)
    start, stop = spans[0].start, spans[-1].stop
    return Call(process, number, name, MODULE, "", start, stop, parent, spans=list(spans))


def asking() -> Recording:
    """Return a run: a driver asks a poller, whose loop awaits items meanwhile; in milliseconds.

    ====  ======================  =========================  ====================
    from  the program             ``ask``, called by it      the poller
    ====  ======================  =========================  ====================
    0     running, line 20
    1     running, line 21        running, line 10           running, line 4
    2     waiting, line 21        waiting, line 11           suspended, line 5
    6     running, line 22                                   running, line 5
    8     (the end)
    ====  ======================  =========================  ====================
    """
    program = call(
        7,
        "<module>",
        Span(RUNNING, 0, 1 * MS, 20),
        Span(RUNNING, 1 * MS, 2 * MS, 21),
        Span(WAITING, 2 * MS, 6 * MS, 21),
        Span(RUNNING, 6 * MS, 8 * MS, 22),
    )
    ask = call(
        7,
        "ask",
        Span(RUNNING, 1 * MS, 2 * MS, 10),
        Span(WAITING, 2 * MS, 6 * MS, 11),
        parent=program.number,
    )
    run = call(
        8,
        "Poller.run",
        Span(RUNNING, 1 * MS, 2 * MS, 4),
        Span(SUSPENDED, 2 * MS, 6 * MS, 5),
        Span(RUNNING, 6 * MS, 8 * MS, 5),
    )
    return Recording([program, ask, run], [], 0, 8 * MS, {}, {7: "driver", 8: "Poller"})


FRAMES = """() => new Promise((done) => {
  const wait = (left) => left ? requestAnimationFrame(() => wait(left - 1)) : done();
  wait(4);
})"""


def names(recording: Recording) -> set[str]:
    """Return what was called."""
    return {call.name for call in recording.calls}


LIT: list[tuple[float, Lit]] = [
    (0.5, {(20, "running", False)}),
    (1.5, {(21, "running", True), (10, "running", False), (4, "running", False)}),
    (3.0, {(21, "waiting", True), (11, "waiting", False), (5, "suspended", False)}),
    (7.0, {(22, "running", False), (5, "running", False)}),
    (8.0, set()),
]
"""What is lit at a moment of it: line, state, and whether the call only waits for one it made."""


@pytest.fixture
def replay(visit: Visit, tmp_path: Path) -> Callable[..., Page]:
    """Return a function that opens a page with a module of 22 lines and these recordings."""

    def open_page(*recordings: Recording, beside: bool = False, **window: Any) -> Page:  # noqa: ANN401 - as `visit`
        lines = "\n".join(f'<span class="line" data-n="{n}">line {n}</span>' for n in range(1, 23))
        block = f'<div class="snippet" data-snippet="{MODULE}"><pre>{lines}</pre></div>'
        asked = [
            Asked(f"r{n}", f"Run {n}", each, find(each, "ask") if "ask" in names(each) else None)
            for n, each in enumerate(recordings)
        ]
        drawing = draw(asked, lambda _, span: doing(span, None), beside=beside)
        figure = f'<figure class="display">{drawing.html}</figure>'
        style = f"<style>{STYLE.read_text()}</style>"
        script = '<script src="replay.js"></script>'
        (tmp_path / "page.html").write_text(f"<!doctype html>{style}{block}{figure}{script}")
        (tmp_path / "replay.js").write_text(REPLAY.read_text())
        (tmp_path / "replays").mkdir()
        for each in drawing.replays:
            (tmp_path / f"replays/{each.name}.js").write_text(each.script)
        return visit((tmp_path / "page.html").as_uri(), **window)

    return open_page


def lit(page: Page) -> Lit:
    """Return the lines that are lit: number, state, and whether the call is an outer one."""
    found = page.evaluate(
        """() => [...document.querySelectorAll(".snippet [data-lit]")].map((line) =>
             [Number(line.dataset.n), line.dataset.lit, "outer" in line.dataset])"""
    )
    return {tuple(each) for each in found}


def slide(page: Page, number: int, moment: float) -> Locator:
    """Move a slider to a moment, as a pointer does."""
    slider = page.locator(".timeline-plot input").nth(number)
    slider.evaluate(
        "(slider, moment) => { slider.value = moment; slider.dispatchEvent(new Event('input')) }",
        moment,
    )
    clock = f"{float(slider.input_value()) / 1000:.1f} ms"
    expect(slider).to_have_attribute("aria-valuetext", re.compile(rf"^{clock}"))  # it has come
    return slider


def visible(cursor: Locator) -> bool:
    """Whether a cursor is shown; a line has no width that a browser could go by."""
    return bool(cursor.evaluate("line => getComputedStyle(line).visibility") == "visible")


@pytest.mark.parametrize(("moment", "expected"), LIT)
def test_the_slider_lights_the_lines_of_its_moment(
    replay: Callable[..., Page], moment: float, expected: Lit
) -> None:
    """In all processes; the cursor goes along the picture."""
    page = replay(asking())
    slide(page, 0, moment * 1000)
    assert lit(page) == expected
    cursor = page.locator(".tl-cursor")
    assert visible(cursor)
    x = float((cursor.get_attribute("x1") or "").rstrip("%"))
    assert x == pytest.approx(100 * moment / 8)


def test_the_lines_of_a_real_run_are_lit(visit: Visit) -> None:
    """As long as the program runs, and so in the first half, some line of the page is lit."""
    page = visit(PATTERN)
    states = set()
    for number in (0, 1):
        end = float(page.locator(".timeline-plot input").nth(number).get_attribute("max") or 0)
        for part in range(30):
            slide(page, number, end * part / 60)
            now = lit(page)
            assert now
            states |= {state for _, state, _ in now}
    assert states == {"running", "waiting", "suspended", "sleeping"}


def test_keys_and_buttons_step_from_event_to_event(replay: Callable[..., Page]) -> None:
    """Forth and back, and not beyond the ends."""
    page = replay(asking())
    slider = page.locator(".timeline-plot input")
    slider.focus()

    def is_at(milliseconds: int) -> None:
        expect(slider).to_have_value(str(milliseconds * 1000))  # the recording comes first

    for key, milliseconds in (
        ("ArrowRight", 1),
        ("ArrowUp", 2),
        ("ArrowLeft", 1),
        ("ArrowDown", 0),
        ("ArrowDown", 0),
        ("End", 8),
        ("ArrowLeft", 6),
        ("ArrowRight", 8),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        is_at(milliseconds)
    page.get_by_role("button", name="one step on").click()
    is_at(1)
    assert lit(page) == LIT[1][1]
    page.get_by_role("button", name="one step back").press("Enter")
    is_at(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    is_at(1)


def test_nothing_plays_until_it_is_asked_to(visit: Visit) -> None:
    """Then it plays until it is paused, and the lines are those of the moment."""
    page = visit(PATTERN)
    slider = page.locator(".timeline-plot input").first
    page.wait_for_timeout(300)
    assert lit(page) == set()
    assert slider.input_value() == "0"
    assert not visible(page.locator(".tl-cursor").first)
    play = page.get_by_role("button", name="Play").first
    play.click()
    page.wait_for_function("() => document.querySelector('.timeline-plot input').value > 20000")
    page.get_by_role("button", name="Pause").click()
    moment, now = float(slider.input_value()), lit(page)
    page.wait_for_timeout(200)
    assert float(slider.input_value()) == moment
    assert lit(page) == now != set()


def test_one_replay_ends_the_other(replay: Callable[..., Page]) -> None:
    """Lines that both runs have are lit for one of them at a time."""
    page = replay(asking(), asking())
    page.get_by_role("button", name="Play").first.click()
    slide(page, 1, 3000)
    assert lit(page) == LIT[2][1]
    page.wait_for_timeout(200)
    assert lit(page) == LIT[2][1]
    assert page.locator(".tl-cursor.tl-shown").count() == 1


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (390, 1)])
def test_one_button_plays_pictures_beside_each_other(
    replay: Callable[..., Page], width: int, columns: int
) -> None:
    """All move, each to its own end, and light their lines together; Esc ends it for all."""
    short = Recording([call(7, "g", Span(RUNNING, 0, 3 * MS, 1))], [], 0, 3 * MS, {}, {7: "A"})
    page = replay(asking(), short, beside=True, viewport={"width": width, "height": 800})
    lefts = [
        box["x"] for each in page.locator(".timeline-picture").all() if (box := each.bounding_box())
    ]
    assert len(set(lefts)) == columns
    play = page.get_by_role("button", name="Play", exact=True)
    expect(play).to_have_count(1)
    play.click()
    expect(page.locator(".tl-cursor.tl-shown")).to_have_count(2)
    clocks = page.locator(".replay-clock")
    expect(clocks).to_have_text(["8.0 ms", "3.0 ms"])
    expect(play).to_have_count(1)
    assert lit(page) == set()
    slide(page, 1, 1000)
    assert lit(page) == {(1, "running", False)}
    expect(page.locator(".tl-cursor.tl-shown")).to_have_count(1)
    play.click()
    expect(page.locator(".tl-cursor.tl-shown")).to_have_count(2)
    page.locator(".timeline-beside > .replay button").press("Escape")
    expect(page.locator(".tl-cursor.tl-shown")).to_have_count(0)
    assert lit(page) == set()


def test_a_replay_says_where_each_process_is(replay: Callable[..., Page]) -> None:
    """What each does, and its code with the line, which are not there before; also to be heard."""
    page = replay(asking())
    code = page.locator(".replay-code")
    assert not code.is_visible()
    slider = slide(page, 0, 3000)
    heads = code.locator("p").all_inner_texts()
    assert heads == ["driver: ask, waiting", "Poller: run, suspended"]
    assert code.locator("[data-lit]:not([data-outer])").all_inner_texts() == ["line 11", "line 5"]
    heard = slider.get_attribute("aria-valuetext") or ""
    assert heard.startswith("3.0 ms; ")
    assert "ask waiting at line 11" in heard
    slide(page, 0, 8000)
    assert code.locator("p").all_inner_texts() == ["driver, idle", "Poller, idle"]
    page.get_by_role("button", name="end the replay").click()
    assert not code.is_visible()
    assert lit(page) == set()
    expect(slider).to_be_focused()


def test_escape_ends_a_replay(replay: Callable[..., Page]) -> None:
    """From wherever the keyboard is in it, and it goes on from the slider."""
    page = replay(asking())
    slider = slide(page, 0, 3000)
    page.get_by_role("button", name="one step on").press("Escape")
    assert not page.locator(".replay-code").is_visible()
    assert lit(page) == set()
    expect(slider).to_be_focused()


def test_a_recording_that_does_not_come_is_said(
    replay: Callable[..., Page], tmp_path: Path
) -> None:
    """Beside the buttons; when it can be had again, the next press shows it."""
    page = replay(asking(), expected="ERR_FILE_NOT_FOUND")
    (script,) = (tmp_path / "replays").iterdir()
    away = script.rename(tmp_path / "away.js")
    step = page.get_by_role("button", name="one step on")
    step.click()
    expect(page.locator(".replay-clock")).to_have_text("cannot load the recording")
    away.rename(script)
    step.click()
    expect(page.locator(".replay-clock")).to_have_text("1.0 ms")


@pytest.mark.parametrize("window", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}])
def test_the_call_that_matters_is_one_step_away_and_its_code_in_view(
    visit: Visit, window: dict[str, int]
) -> None:
    """By the keyboard alone: the line, the picture and the slider, which goes on from there."""
    page = visit(PATTERN, viewport=window)
    picture = page.locator(".timeline-picture", has_text="ran at")
    jump = picture.get_by_role("button", name="Jump to it")
    jump.focus()
    page.keyboard.press("Enter")
    body = re.compile(r"def other_task|return self\.last_processed")  # whichever took longer
    line = picture.locator(".replay-code [data-lit=running]", has_text=body)
    line.wait_for()
    cursor = picture.locator(".tl-cursor")
    inside = """element => {
        const box = element.getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.left <= innerWidth;
    }"""
    for element in (line, cursor, picture.get_by_role("slider")):
        page.wait_for_function(inside, arg=element.element_handle())
    mark = picture.locator(".tl-callout path").bounding_box()
    at = cursor.bounding_box()
    assert mark
    assert at
    middle = mark["x"] + mark["width"] / 2
    assert middle == pytest.approx(at["x"] + at["width"] / 2, abs=2)
    before = picture.get_by_role("slider").input_value()
    page.keyboard.press("ArrowRight")
    assert float(picture.get_by_role("slider").input_value()) > float(before)


def test_the_slider_lies_on_the_axis(replay: Callable[..., Page]) -> None:
    """A click on the axis leads to the moment that stands there."""
    page = replay(asking())
    axis = page.locator(".tl-axis").bounding_box()
    slider = page.locator(".timeline-plot input").bounding_box()
    assert axis
    assert slider
    assert slider["y"] + slider["height"] / 2 == pytest.approx(axis["y"], abs=2)
    for part in (0.02, 0.25, 0.5, 0.98):
        page.locator(".replay").scroll_into_view_if_needed()
        page.evaluate(FRAMES)  # what the last click has scrolled to is there
        box = page.locator(".tl-axis").bounding_box()
        assert box
        page.mouse.click(box["x"] + part * box["width"], box["y"])
        value = float(page.locator(".timeline-plot input").input_value())
        assert value == pytest.approx(8000 * part, abs=8000 * 1.5 / box["width"])


def test_names_stay_when_a_picture_scrolls(visit: Visit) -> None:
    """On a narrow phone the bars go by beneath them."""
    page = visit(PATTERN, viewport={"width": 280, "height": 740})
    names = page.locator(".timeline-names").last
    before = names.bounding_box()
    scrolled = page.locator(".timeline-scroll").last.evaluate(
        "scroll => { scroll.scrollLeft = 0; scroll.scrollLeft = 60; return scroll.scrollLeft }"
    )
    assert scrolled > 0
    assert names.bounding_box() == before


def test_a_line_that_two_calls_are_on_shows_the_one_that_works(
    replay: Callable[..., Page],
) -> None:
    """Wherever on the page the line stands."""
    works = call(7, "f", Span(RUNNING, 0, 9 * MS, 3))
    sleeps = call(8, "f", Span(SUSPENDED, 0, 9 * MS, 3))
    page = replay(Recording([works, sleeps], [], 0, 9 * MS, {}, {7: "A", 8: "A 2"}))
    slide(page, 0, 4000)
    assert lit(page) == {(3, "running", False)}


def test_with_reduced_motion_nothing_can_play(visit: Visit) -> None:
    """Stepping remains."""
    page = visit(PATTERN, reduced_motion="reduce")
    assert page.get_by_role("button", name="Play").count() == 0
    page.get_by_role("button", name="one step on").first.click()
    page.locator(".snippet [data-lit]").first.wait_for(state="attached")


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
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
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
    callouts = page.locator(".timeline-callout").all_inner_texts()
    assert ["never started" in text for text in callouts] == [True, False]
    assert page.locator(".tl-callout").count() == 2
    for details, inside in (
        (".display-table", "table >> nth=0"),
        (".snippet > .snippet-proof", "li >> nth=0"),
    ):
        opened = page.locator(details).first
        assert not opened.locator(inside).is_visible()
        opened.locator("summary").click()
        assert opened.locator(inside).is_visible()
    folded = page.locator(".snippet-fold").first
    assert not folded.locator("pre").is_visible()
    folded.locator("summary").first.click()
    assert folded.locator("pre").is_visible()


@pytest.mark.parametrize("name", [*CODE_PAGES, "index.html", "how-it-works.html"])
def test_a_phone_scrolls_no_page_sideways(visit: Visit, name: str) -> None:
    """Also with everything opened, and a replay under way."""
    page = visit(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    if page.locator(".replay").count():
        slide(page, 0, 100_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_wide_table_scrolls_in_its_box(visit: Visit) -> None:
    """By the keyboard, too, and not the page around it."""
    page = visit(PATTERN, viewport={"width": 390, "height": 844})
    box = page.get_by_role("region", name="Table: Which one?")
    box.focus()
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


ALONE = """
() => [...document.querySelectorAll(".claim")].flatMap((claim) => {
  const range = document.createRange(), mark = claim.querySelector("button");
  const walker = document.createTreeWalker(claim.closest("p, td, li"), NodeFilter.SHOW_TEXT);
  let before = null;
  for (let text; (text = walker.nextNode()) && !claim.contains(text);)
    if (text.data.trim() && !text.parentElement.closest(".claim")) before = text;
  const end = before.data.trimEnd().length;
  range.setStart(before, end - 1);
  range.setEnd(before, end);
  const last = range.getBoundingClientRect(), box = mark.getBoundingClientRect();
  return box.top < last.bottom && last.top < box.bottom ? [] : [before.data.slice(-30)];
})
"""
"""The ends of the sentences whose mark stands on another line than they do."""


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_mark_stays_with_its_sentence(visit: Visit, width: int) -> None:
    """However the lines break, on each page."""
    pages = [path for path in sorted(SITE.rglob("*.html")) if b"data-claim" in path.read_bytes()]
    assert len(pages) > 10
    for path in pages:
        address = path.relative_to(SITE).as_posix()
        page = visit(address, viewport={"width": width, "height": 844})
        assert page.evaluate(ALONE) == [], address


def test_no_row_of_a_table_is_a_column_of_words(visit: Visit) -> None:
    """On a phone the last column keeps a width in which one can read."""
    page = visit(PATTERN, viewport={"width": 390, "height": 844})
    rows = page.get_by_role("region", name="Table: Which one?").locator("tbody tr")
    heights = rows.evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert max(heights) < 220


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
  look("svg text"); look(".replay-code p"); look(".timeline-names p"); look(".replay span");
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
