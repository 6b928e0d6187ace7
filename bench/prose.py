"""How soon the browser shows a word that was edited on a page."""

from __future__ import annotations

import contextlib
import statistics
import sys
from typing import TYPE_CHECKING

from bench.autobuild import autobuild
from bench.goal import Faster
from bench.preview import preview
from bench.process import FailedError
from bench.site import copy_proven_site
from bench.window import HAS_TEXT, Window, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.row import Row

PAGE = "patterns/concurrent-operations-async-actor"
WORDS = "again and again"
OPTIONS = ("-c", ".", "-D", "livesnippets_strict=0", "docs", "build/autobuild")
"""Not strict, or it would refuse to build without fresh evidence of an edit."""
GOAL = Faster("prose edit, until the browser shows it", times=5, seconds=0.3)


def measure(folder: Path, edits: int) -> Iterator[Row]:
    """Edit the page in turns in our preview and under sphinx-autobuild."""
    ours: list[float] = []
    peer: list[float] = []
    reason = ""
    try:
        sites = copy_proven_site(folder / "ours"), copy_proven_site(folder / "peer")
        with chromium() as browser, contextlib.ExitStack() as servers:
            address = servers.enter_context(autobuild(sys.executable, sites[1], OPTIONS))
            windows = [Window.open(browser, f"{address}/{PAGE}.html")]
            try:
                windows.insert(0, servers.enter_context(preview(sites[0], browser))(PAGE))
            except FailedError as error:
                reason = str(error)
            figures = (ours, peer)[-len(windows) :]
            for number in range(edits + 1):
                for window, site, times in zip(
                    windows, sites[-len(windows) :], figures, strict=True
                ):
                    times.append(_edit(window, site, number))
    except FailedError as error:
        reason = reason or str(error)
    yield GOAL.row(_median(ours), _median(peer), reason)


def _edit(window: Window, site: Path, number: int) -> float:
    """Return the seconds until the browser shows another word."""
    path = site / "docs" / f"{PAGE}.md"
    text = path.read_text()
    changed = text.replace(_words(number - 1), _words(number), 1)
    if changed == text:
        raise FailedError(f"{PAGE}.md has no {_words(number - 1)!r} to edit")
    return window.time(lambda: path.write_text(changed), HAS_TEXT, _words(number))


def _words(number: int) -> str:
    return WORDS if number < 0 else f"{WORDS}{number}"


def _median(seconds: list[float]) -> float | None:
    """Return the median without the first edit, which warms up."""
    return statistics.median(seconds[1:]) if len(seconds) > 1 else None
