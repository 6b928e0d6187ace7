"""Our live preview of a copy of the site, and what its pages say of their blocks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from bench.process import free_port, python, running
from bench.window import Window
from livesnippets.source.module import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

PROVE_SECONDS = 300

AT_REST = """() => {
    const blocks = [...document.querySelectorAll(".snippet[data-snippet]")];
    return blocks.length > 0
        && blocks.every(block => block.dataset.evidence === "proven")
        && document.querySelector("[data-running]") === null;
}"""

HAS_VERDICT = """([path, digest]) => {
    const blocks = [...document.querySelectorAll(".snippet")]
        .filter(block => block.dataset.snippet === path);
    return blocks.length > 0 && blocks.every(block =>
        block.dataset.digest === digest
        && block.dataset.evidence === "proven"
        && !("running" in block.dataset));
}"""


@contextlib.contextmanager
def preview(site: Path, browser: Browser) -> Iterator[Callable[[str], Window]]:
    """Serve a site; give a function that opens a page of it and waits until it is all proven."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def visit(page: str) -> Window:
        window = Window.open(browser, f"{address}/{page}.html")
        window.wait(AT_REST, seconds=PROVE_SECONDS)
        return window

    with running(python("-m", "livesnippets.preview", "--port", port), site) as program:
        program.wait_for(address)
        yield visit


def time_verdict(window: Window, site: Path, module: str, text: str) -> float:
    """Return the seconds from an edit of a module until its blocks show its verdict."""
    path = site / module
    seconds = window.time(
        lambda: path.write_text(text), HAS_VERDICT, [module, digest(text.encode())]
    )
    window.wait(AT_REST)  # modules that import this one, too
    return seconds
