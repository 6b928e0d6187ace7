"""The finished pages as checkers of accessibility and of HTML find them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.site.conftest import PATTERN, ROOT, SITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

TOOLS = ROOT / "node_modules"
AXE = TOOLS / "axe-core/axe.min.js"
VALIDATE = TOOLS / "html-validate/bin/html-validate.mjs"
MISSING = "npm's tools are missing; install Node.js with npm, and run 'make test'"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.relative_to(SITE).parts
)
WINDOWS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
RUN_AXE = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"], preload: false });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${help}: ${failureSummary}`));
}"""


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    """Have the tools that `make test` installs; where CI is set they must be there."""
    if AXE.exists() and VALIDATE.exists() and shutil.which("node"):
        return
    if os.environ.get("CI"):
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def violations(page: Page) -> list[str]:
    """Return what axe finds on a page as it stands."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_with_all_details_open(
    visit: Callable[..., Page], served: str, path: str
) -> None:
    """On a desktop and on a phone, in light and in dark."""
    for width, scheme in WINDOWS:
        size = {"width": width, "height": 900}
        address = f"{served}/{path}"
        page = visit(address, viewport=size, color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert violations(page) == [], f"{width} px, {scheme}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_a_run_is_replayed(visit: Callable[..., Page], scheme: str) -> None:
    """At the call that matters, and step after step after it."""
    page = visit(PATTERN, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for picture in page.locator(".timeline-picture").all():
        picture.get_by_role("button", name="Jump to it").click()
        page.locator(".line[data-lit]").first.wait_for(state="attached")
        for _ in range(4):
            assert violations(page) == []
            picture.get_by_role("button", name="one step on").click()


def test_the_html_is_valid() -> None:
    """Each page keeps to the standard; .htmlvalidate.mjs says what else is left out."""
    command = ["node", str(VALIDATE), "--formatter", "text"]
    done = subprocess.run(
        [*command, *(str(SITE / path) for path in PAGES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_drawers_of_a_phone_open_by_keyboard(visit: Callable[..., Page]) -> None:
    """Enter opens them, Esc closes them and gives the focus back; closed, they hold no focus."""
    page = visit(PATTERN, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    for name, drawer in ("Pages of this site", "sidebar"), ("Contents of this page", "toc"):
        button = page.get_by_role("button", name=name)
        inside = page.locator(f".{drawer}-drawer a").nth(1)
        assert not inside.is_visible()
        button.focus()
        page.keyboard.press("Enter")
        inside.wait_for(state="visible")
        assert button.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Escape")
        inside.wait_for(state="hidden")
        assert button.evaluate("(it) => it === document.activeElement")


@pytest.mark.parametrize("selector", [".copybtn", ".sidebar-search", ".skip-to-content"])
def test_what_has_the_focus_is_seen(visit: Callable[..., Page], selector: str) -> None:
    """Reached by keyboard, it is opaque, in the window, and has an outline."""
    page = visit(PATTERN, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    reached = f"document.activeElement.matches({selector!r})"
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            break
    assert page.evaluate(reached)
    page.wait_for_function(
        """() => {
          const { opacity, outlineStyle } = getComputedStyle(document.activeElement);
          const { top, bottom } = document.activeElement.getBoundingClientRect();
          return opacity === "1" && outlineStyle !== "none" && bottom > 0 && top < innerHeight;
        }"""
    )
