"""What a reader does: press the copy button of each block of a page, in order, and run it all."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import PATTERN, RAY_GET, REFERENCE, ROOT, SITE, outputs_of

AT_ONCE = 3
"""Programs that run beside each other: they mostly wait."""


@pytest.fixture
def copied(
    request: pytest.FixtureRequest, visit: Callable[..., Page], served: str
) -> list[tuple[str, str]]:
    """Return what the clipboard held after each press, with the path of the block's module."""
    page = visit(f"{served}/{request.param}", permissions=["clipboard-read", "clipboard-write"])
    found = []
    for block in page.locator(".snippet[data-origin=module]").all():
        fold = block.locator(".snippet-fold > summary")
        if fold.count():
            fold.click()
        page.evaluate("navigator.clipboard.writeText('')")
        block.locator("div.highlight-python").hover()
        block.locator("button.copybtn").click()
        page.wait_for_function("navigator.clipboard.readText().then((text) => text !== '')")
        text = page.evaluate("navigator.clipboard.readText()")
        assert text == (block.locator("pre").text_content() or "").rstrip("\n")
        found.append((block.get_attribute("data-snippet") or "", text))
    assert found
    return found


def run(folder: Path, cluster: str, text: str) -> list[str]:
    """Run a text as a program, where there is Ray and not this repository; return its lines."""
    folder.mkdir()
    program = folder / "copied.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable, program],
        cwd=folder,
        env={**os.environ, "RAY_ADDRESS": cluster},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def missing(path: str, modules: set[str], said: list[str]) -> list[str]:
    """Return the lines of output that a page shows of modules, and that were not printed."""
    page = LexborHTMLParser((SITE / path).read_bytes())
    lines = [line for name, each in outputs_of(page).items() if name in modules for line in each]
    assert lines
    return [line.pattern for line in lines if not any(map(line.fullmatch, said))]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("copied", "path"), [(PATTERN,) * 2, (RAY_GET,) * 2], indirect=["copied"])
def test_a_pages_blocks_run_in_order_in_one_interpreter(
    copied: list[tuple[str, str]], path: str, cluster_address: str, tmp_path: Path
) -> None:
    """The blocks alone make a program; it ends by itself and prints what the page says."""
    said = run(tmp_path / "page", cluster_address, "\n\n".join(text for _, text in copied))
    assert missing(path, {module for module, _ in copied}, said) == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("copied", [REFERENCE], indirect=True)
def test_a_block_that_is_a_whole_module_runs_by_itself(
    copied: list[tuple[str, str]], cluster_address: str, tmp_path: Path
) -> None:
    """Each of a page's programs ends by itself and prints what the page says."""
    whole = {path: text for path, text in copied if text == (ROOT / path).read_text().rstrip("\n")}
    assert len(whole) == len(copied)
    folders = (tmp_path / Path(path).stem for path in whole)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = pool.map(run, folders, [cluster_address] * len(whole), whole.values())
        found = dict(zip(whole, said, strict=True))
    shown = outputs_of(LexborHTMLParser((SITE / REFERENCE).read_bytes())).keys() & whole.keys()
    assert {path: left for path in shown if (left := missing(REFERENCE, {path}, found[path]))} == {}
