"""The preview of a copy of this site, as its author meets it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from livesnippets.evidence import files
from livesnippets.evidence.environment import this_environment
from tests.site.conftest import PATTERN, REFERENCE
from tests.site.previewed import Previewed
from tests.support.processes import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    Visit = Callable[..., Page]

pytestmark = pytest.mark.timeout(300)  # a first start of Ray, and tests of tests

FOLDER = "snippets/concurrent_operations_async_actor"
ANSWERING = f"{FOLDER}/answering.py"
BAD_ITEM = f"{FOLDER}/bad_item.py"
BLOCKED = f"{FOLDER}/blocked.py"
STORE = f"{FOLDER}/data_store.py"
GENERATOR = "snippets/async_actors/async_generator.py"
TEST = "tests/snippets/async_actors/test_async_generator.py"
CONFTEST = "tests/snippets/stopping_cleanly/conftest.py"
PROSE = "docs/patterns/concurrent-operations-async-actor.md"
PARTS = ("docs", "snippets", "tests", "conf.py", "pyproject.toml")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Previewed]:
    """Start one preview for the tests that leave the site as they found it."""
    previewed = Previewed(tmp_path_factory.mktemp("previewed"))
    previewed.start()
    previewed.settle()
    assert previewed.text.endswith("up to date\n"), previewed.text
    yield previewed
    previewed.end()
    assert previewed.left_behind() == []


@pytest.fixture
def preview(shared: Previewed) -> Iterator[Previewed]:
    """Return the preview, up to date, and put back what the test has changed."""
    shared.settle()
    files = {path: path.read_bytes() for part in PARTS for path in _files(shared.root / part)}
    yield shared
    now = {path for part in PARTS for path in _files(shared.root / part)}
    new = now - {*files}
    changed = [path for path, old in files.items() if path not in now or path.read_bytes() != old]

    def put_back() -> None:
        for path in new:
            path.unlink()
        for path in changed:
            path.write_bytes(files[path])

    if new or changed:  # the next test must not begin before the preview has seen it
        shared.said_after(put_back, "up to date")


def _files(path: Path) -> list[Path]:
    everything = path.rglob("*") if path.is_dir() else [path]
    return [each for each in everything if each.is_file() and "__pycache__" not in each.parts]


def block(page: Page, snippet: str = ANSWERING) -> Locator:
    """Return the first block of a snippet."""
    return page.locator(f'.snippet[data-snippet="{snippet}"]').first


def test_a_browser_follows_an_edit_without_a_reload_by_hand(
    preview: Previewed, visit: Visit
) -> None:
    """From running to failed, with the assertion at the block, and to proven again."""
    page = visit(f"{preview.address}/{PATTERN}")
    shown = block(page)
    expect(shown).to_have_attribute("data-evidence", "proven")
    wrong = preview.edit(ANSWERING, "self.last_processed = data", "self.last_processed = 0")
    expect(shown).to_have_attribute("data-running", "")
    expect(shown).to_have_attribute("data-digest", wrong)
    expect(shown).to_have_attribute("data-evidence", "failed")
    failure = shown.locator(".snippet-failure").first
    expect(failure).to_contain_text("test_main_prints")
    expect(failure).to_contain_text("assert")
    expect(page.locator(".preview-bar")).to_contain_text("fails: ")
    right = preview.edit(ANSWERING, "self.last_processed = 0", "self.last_processed = data")
    expect(shown).to_have_attribute("data-digest", right)
    expect(shown).to_have_attribute("data-evidence", "proven")
    expect(shown).not_to_have_attribute("data-running", "")
    expect(page.locator(".snippet-failure")).to_have_count(0)
    expect(page.locator(".preview-bar")).to_contain_text("up to date")


def test_a_claim_follows_its_test(preview: Previewed, visit: Visit) -> None:
    """From running to failed, and to proven again, beside the sentence that it belongs to."""
    name = "test_a_plain_method_is_heard_while_an_async_generator_runs"
    page = visit(f"{preview.address}/{REFERENCE}")
    claim = page.locator(f'[data-claim="{TEST}::{name}"]')
    word = claim.locator(".preview-verdict")
    expect(claim).to_have_attribute("data-evidence", "proven")
    expect(word).to_have_text("")
    preview.edit(TEST, "while ticking", "while talking")
    expect(claim).to_have_attribute("data-running", "")
    expect(word).to_have_text("running …")
    expect(claim).to_have_attribute("data-evidence", "failed")
    expect(word).to_have_text("failed")
    preview.edit(TEST, "while talking", "while ticking")
    expect(claim).to_have_attribute("data-evidence", "proven")
    expect(claim).not_to_have_attribute("data-running", "")
    expect(word).to_have_text("")


def test_prose_appears_and_runs_no_test(preview: Previewed, visit: Visit) -> None:
    """Only the page that changed is another."""
    page, other = visit(f"{preview.address}/{PATTERN}"), visit(f"{preview.address}/index.html")
    other.evaluate("window.kept = true")
    said = preview.said_after(
        lambda: preview.edit(PROSE, "# Concurrent", "Zanzibar.\n\n# Concurrent"), "up to date"
    )
    expect(page.locator("article")).to_contain_text("Zanzibar")
    assert "testing" not in said
    assert other.evaluate("window.kept")


def test_a_reader_is_not_disturbed(preview: Previewed, visit: Visit) -> None:
    """By a save: scroll position, open details, focus and the moment of a replay stay."""
    page = visit(f"{preview.address}/{PATTERN}", viewport={"width": 1280, "height": 800})
    page.evaluate("window.kept = true")
    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(2):
        before = slider.input_value()
        page.keyboard.press("ArrowRight")
        expect(slider).not_to_have_value(before)  # the recording has come
    moment = slider.input_value()
    details = page.locator("article details").first
    details.evaluate("element => { element.open = !element.open; }")
    opened = details.evaluate("element => element.open")
    # The theme scrolls smoothly, and would still move while the place is measured.
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    block(page, BLOCKED).scroll_into_view_if_needed()  # below what the save puts in
    where = f"document.querySelector('[data-snippet=\"{BLOCKED}\"]').getBoundingClientRect().top"
    top = page.evaluate(where)
    heading = page.locator("article h2").first.inner_text()
    preview.edit(PROSE, f"## {heading}", f"Zanzibar.\n\n## Pemba\n\n## {heading}")
    expect(page.locator("article")).to_contain_text("Zanzibar")
    expect(page.locator(".toc-tree")).to_contain_text("Pemba")
    assert page.evaluate("window.kept")
    assert moment != "0"
    assert slider.input_value() == moment
    expect(slider).to_be_focused()
    expect(page.locator(".line[data-lit]").first).to_be_attached()
    assert details.evaluate("element => element.open") == opened
    page.wait_for_function(f"() => Math.abs({where} - ({top})) < 1")


def test_a_new_block_can_be_copied_and_replayed(preview: Previewed, visit: Visit) -> None:
    """What scripts have done to the page when it was loaded they do to what has come since."""
    page = visit(f"{preview.address}/{PATTERN}")
    page.evaluate("window.kept = true")
    buttons = page.locator("article .copybtn")
    expect(buttons.first).to_be_attached()
    before = buttons.count()
    fence = "```console\n$ make zanzibar\n```"
    preview.edit(PROSE, "# Concurrent", f"{fence}\n\n# Concurrent")
    expect(buttons).to_have_count(before + 1)
    code = page.locator("pre", has_text="make zanzibar")
    name = code.get_attribute("id")
    assert code.locator("+ .copybtn").get_attribute("data-clipboard-target") == f"#{name}"
    preview.edit(PROSE, fence, "```{timeline}\nanswering: Zanzibar\n```")
    expect(page.locator("article")).to_contain_text("Zanzibar")
    timeline = page.locator(".timeline-picture", has_text="Zanzibar")
    expect(timeline.get_by_role("slider")).to_have_count(1)
    assert page.evaluate("window.kept")


def test_a_page_with_another_script_is_loaded_anew(preview: Previewed, visit: Visit) -> None:
    """Or with another style: what has run cannot be undone."""
    page = visit(f"{preview.address}/{PATTERN}")
    page.evaluate("window.kept = true")
    script = '```{raw} html\n<script>window.zanzibar = "here"</script>\n```'
    preview.edit(PROSE, "# Concurrent", f"{script}\n\n# Concurrent")
    page.wait_for_function("() => window.zanzibar === 'here'")
    assert not page.evaluate("window.kept")
    page.evaluate("window.kept = true")
    (preview.root / "docs/_static/new.css").write_text("a { color: red }\n")
    preview.edit(PROSE, script, "Pemba.")
    page.wait_for_function("() => !window.kept && document.body?.textContent.includes('Pemba')")


def test_a_page_is_read_again_whatever_its_time_says(preview: Previewed) -> None:
    """As it is when it is saved while a build reads it: Sphinx takes it for known then."""
    page, written = preview.root / PROSE, preview.root / "build/written.md"
    written.write_text(f"{page.read_text()}\nZanzibar.\n")
    os.utime(written, (0, 0))
    preview.said_after(lambda: written.replace(page), "built the pages", "up to date")
    assert "Zanzibar." in (preview.root / f"build/preview/{PATTERN}").read_text()


def test_a_button_runs_the_tests_of_a_block(preview: Previewed, visit: Visit) -> None:
    """Although their evidence is current; by keyboard, too."""
    page = visit(f"{preview.address}/{PATTERN}")
    button = block(page, STORE).get_by_role("button", name="Run its tests again")
    expect(page.locator(".preview-bar")).to_contain_text("up to date")
    button.focus()
    said = preview.said_after(lambda: page.keyboard.press("Enter"), "testing ", " passed, 0 failed")
    assert f"testing {STORE} again" in said
    expect(block(page, STORE)).not_to_have_attribute("data-running", "")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_bar_covers_nothing(preview: Previewed, visit: Visit, width: int) -> None:
    """The page ends above it, and it stays slim however much is wrong."""
    preview.said_after(lambda: preview.edit(GENERATOR, "await ", "awit "), "invalid syntax")
    preview.edit(PROSE, "# Concurrent", "```{nonsense}\n```\n\n# Concurrent")
    preview.settle()
    page = visit(f"{preview.address}/{PATTERN}", viewport={"width": width, "height": 800})
    bar = page.locator(".preview-bar")
    expect(bar.locator("li").first).to_be_visible()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = page.evaluate(
        "Math.max(...[...document.querySelectorAll('footer *, article *')]"
        ".map(element => element.getBoundingClientRect().bottom))"
    )
    box = bar.bounding_box()
    assert box is not None
    assert last <= box["y"] + 1
    assert box["height"] <= 160
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("path", "old", "new", "complaint"),
    [
        (GENERATOR, "await ", "awit ", f"{GENERATOR}:18: cannot be parsed"),
        (BAD_ITEM, "# region driver", "# region drivr", "'# endregion driver' has no"),
        (PROSE, "# Concurrent", "```{nonsense}\n```\n\n# Concurrent", f"{PROSE}:1: "),
        ("conf.py", "project = ", "project = = ", "conf.py"),
        (TEST, "import re\n", "imprt re\n", f"{TEST}:5: SyntaxError: "),
        (
            TEST,
            "import re\n",
            "import rf\n",
            f"{TEST}:5: ModuleNotFoundError: No module named 'rf'",
        ),
    ],
    ids=["syntax", "region", "page", "conf", "test-syntax", "test-import"],
)
def test_an_error_is_a_line_and_the_preview_goes_on(  # noqa: PLR0913, PLR0917 - an edit
    preview: Previewed, visit: Visit, path: str, old: str, new: str, complaint: str
) -> None:
    """On the terminal and on the page; when it is mended, both forget it."""
    page = visit(f"{preview.address}/{PATTERN}")
    before = (preview.root / path).read_text()
    said = preview.said_after(lambda: preview.edit(path, old, new), complaint)
    assert "Traceback" not in said
    bar = page.locator(".preview-bar")
    expect(bar).to_contain_text(complaint)
    preview.settle()
    preview.said_after(lambda: (preview.root / path).write_text(before), "up to date")
    expect(bar.locator("li")).to_have_count(0)
    expect(block(page)).to_have_attribute("data-evidence", "proven")


def test_copies_of_folders_and_500_files_at_once_are_seen(preview: Previewed) -> None:
    """Also while tests run: each of the new tests runs, whatever its folder."""
    first = preview.root / "tests/snippets/first"
    first.mkdir()
    text = "import snippets.async_actors.awaiting\n\n\ndef test_{}():\n    pass\n"
    for name in "ab":
        (first / f"test_{name}.py").write_text(text.format(name))
    for n in range(6):
        shutil.copytree(first, first.with_name(f"copy_{n}"))
    preview.wait_for(lambda: "testing " in preview.text.rpartition("up to date")[2], "a run")
    for n in range(6, 12):
        shutil.copytree(first, first.with_name(f"copy_{n}") / "deeper")
    for n in range(500):
        page = preview.root / f"docs/many/{n % 10}/page_{n}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"---\norphan: true\n---\n\n# Page {n}\n")
    wanted = {
        f"tests/snippets/{path.parent.relative_to(first.parent)}/{path.name}"
        for path in first.parent.rglob("test_[ab].py")
    }
    assert len(wanted) == 26

    def proven() -> bool:
        file = preview.root / f"build/preview-evidence/{this_environment().slug}.json"
        return wanted <= {name.partition("::")[0] for name in files.read(file).tests}

    preview.wait_for(proven, "evidence of all new tests")
    preview.settle()
    built = {path.stem for path in (preview.root / "build/preview/many").rglob("*.html")}
    assert built == {f"page_{n}" for n in range(500)}


def test_a_broken_conftest_is_one_line(preview: Previewed, visit: Visit) -> None:
    """With its name, also for those that fail in a fixture of it; the other folders' tests run."""
    conftest = preview.root / CONFTEST
    before = conftest.read_text()
    said = preview.said_after(
        lambda: conftest.write_text(f"{before}\nimport nowhere\n"), "up to date"
    )
    line = before.count("\n") + 2
    place = f"{CONFTEST}:{line}: "
    assert said.count(f"{place}ModuleNotFoundError: No module named 'nowhere'; mend the file") == 1
    assert "up to date, 1 problem\n" in said
    page = visit(f"{preview.address}/patterns/stopping-cleanly.html")
    shown = block(page, "snippets/stopping_cleanly/stopped.py")
    expect(shown.locator(".preview-verdict")).to_have_text("stale, for a reason named below")
    expect(shown.locator("p.snippet-problem")).to_be_hidden()
    broken = (
        "\n\n@pytest.fixture(autouse=True)\ndef _broken():\n    raise RuntimeError('no port')\n"
    )
    text = before if "import pytest\n" in before else f"{before}\nimport pytest\n"
    said = preview.said_after(
        lambda: conftest.write_text(text + broken), " failed in ", "up to date"
    )
    assert "up to date, 1 problem\n" in said
    assert said.count("fails: RuntimeError: no port") == 1


def test_a_block_without_a_test_says_so(preview: Previewed, visit: Visit) -> None:
    """Its button, too: it names the file to write one in."""
    new = preview.root / "snippets/async_actors/new.py"
    include = "```{literalinclude} ../../snippets/async_actors/new.py\n```\n"
    new.write_text("x = 1\n")
    preview.edit(PROSE, "# Concurrent", f"{include}\n# Concurrent")
    page = visit(f"{preview.address}/{PATTERN}")
    where = "write one in tests/snippets/async_actors/test_new.py"
    item = page.locator(".preview-bar li", has_text=where)
    expect(item).to_have_count(1)
    expect(item.locator(".preview-edit")).to_have_attribute(
        "href", f"vscode://file{preview.root}/snippets/async_actors/new.py:1"
    )
    button = block(page, "snippets/async_actors/new.py").get_by_role("button", name="Run its")
    preview.said_after(button.click, f"no test runs this block; {where}")
    expect(item).to_have_count(1)
    expect(page.locator(".preview-bar")).to_contain_text("no test runs this block")


def test_a_hanging_test_is_ended(preview: Previewed) -> None:
    """By its timeout; the others go on."""
    hang = "import pytest\n\n@pytest.mark.timeout(2)\ndef test_hangs():\n    time.sleep(600)\n"
    test = preview.root / TEST
    said = preview.said_after(
        lambda: test.write_text(f"{test.read_text()}\n{hang}"), " passed, 1 failed", "up to date"
    )
    assert f"{TEST}::test_hangs fails: " in said


def test_a_slow_test_holds_no_other_verdict_back(preview: Previewed, visit: Visit) -> None:
    """The page shows what the others found while it runs."""
    shown = block(visit(f"{preview.address}/{REFERENCE}"), GENERATOR)
    test, go_on = preview.root / TEST, preview.root / "build/go-on"
    slow = f"""
def test_waits():
    from pathlib import Path
    while not Path({str(go_on)!r}).exists():  # until the timeout of all tests
        time.sleep(0.02)
"""
    test.write_text(test.read_text() + slow)
    expect(shown).to_have_attribute("data-evidence", "stale")
    expect(shown).to_have_attribute("data-evidence", "proven")
    assert " passed, " not in preview.text.rpartition("testing ")[2]
    preview.said_after(go_on.touch, " passed, 0 failed", "up to date")


def test_a_full_disk_is_a_line_and_the_preview_goes_on(preview: Previewed, visit: Visit) -> None:
    """And forgets it when there is room again."""
    page = visit(f"{preview.address}/index.html")
    written = preview.root / "build/preview-doctrees/.preview-draft/html/objects.inv"
    written.unlink()
    written.symlink_to("/dev/full")
    preview.said_after(
        lambda: preview.edit(PROSE, "# Concurrent", "Zanzibar.\n\n# Concurrent"),
        "No space left on device",
    )
    expect(page.locator(".preview-bar")).to_contain_text("No space left")
    preview.settle()
    written.unlink()
    preview.said_after(lambda: preview.edit(PROSE, "Zanzibar.", "Pemba."), "up to date")
    expect(page.locator(".preview-bar")).to_contain_text("up to date")
    assert "Pemba." in (preview.root / f"build/preview/{PATTERN}").read_text()


def test_changed_settings_start_the_preview_anew(preview: Previewed, visit: Visit) -> None:
    """The browser finds it again; settings that cannot be read are a line."""
    page = visit(f"{preview.address}/{PATTERN}", expected="ERR_CONNECTION_REFUSED")
    settings = preview.root / "pyproject.toml"
    before = settings.read_text()
    said = preview.said_after(lambda: settings.write_text(f"{before}\n["), "toml:1: is not TOML")
    assert "pyproject.toml changed" in said
    assert "Traceback" not in said
    preview.said_after(
        lambda: settings.write_text(f"{before}\n# changed\n"),
        "the settings or the package changed: starting anew",
        f"serving on {preview.address}",
        "up to date",
    )
    expect(page.locator(".preview-bar")).to_contain_text("up to date")
    expect(block(page)).to_have_attribute("data-evidence", "proven")


def test_a_dead_ray_is_started_again(preview: Previewed) -> None:
    """And what it left undone is done."""
    raylets = [pid for pid in preview.processes() if "/raylet/raylet " in command(pid)]
    assert len(raylets) == 1
    said = preview.said_after(
        lambda: os.kill(raylets[0], signal.SIGKILL), "Ray has died: starting it again", "up to date"
    )
    assert "Traceback" not in said
    preview.said_after(
        lambda: preview.edit(GENERATOR, '"tick"', '"tack"'), " failed in ", "up to date"
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    """Within three seconds, in the middle of the tests, whatever ends it."""
    previewed, shown = Previewed(tmp_path), tmp_path / "shown"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> "{shown}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        previewed.start("--port", str(port), "--open")
        assert f"port {port} is in use: taking the next one" in previewed.text
        assert not previewed.address.endswith(f":{port}")
    previewed.settle()
    assert shown.read_text().splitlines() == [previewed.address]
    previewed.said_after(lambda: previewed.edit(STORE, 'f"item {', 'f"thing {'), "testing ")
    seconds = previewed.end(how)
    assert seconds < 3
    assert previewed.left_behind() == []
