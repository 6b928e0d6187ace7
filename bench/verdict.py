"""How soon the browser shows the verdict on an edited snippet."""

from __future__ import annotations

import contextlib
import itertools
import statistics
from typing import TYPE_CHECKING

from bench.executed import notebooks
from bench.goal import Faster
from bench.preview import preview, time_verdict
from bench.process import FailedError
from bench.site import ROOT, copy_proven_site, copy_site
from bench.window import chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from bench.row import Row

PATTERN, REFERENCE = "patterns/concurrent-operations-async-actor", "reference/async-actors"
KINDS = "reference/kinds-of-actor"
PAGE_OF = {
    "snippets/concurrent_operations_async_actor/answering.py": PATTERN,
    "snippets/async_actors/across_await.py": REFERENCE,
    "snippets/concurrent_operations_async_actor/dead_loop.py": KINDS,
    "snippets/async_actors/async_generator.py": REFERENCE,
    "snippets/concurrent_operations_async_actor/yielding.py": PATTERN,
    "snippets/async_actors/plain_method.py": REFERENCE,
    "snippets/concurrent_operations_async_actor/background_thread.py": KINDS,
    "snippets/async_actors/awaiting.py": REFERENCE,
    "snippets/concurrent_operations_async_actor/cancelled.py": KINDS,
    "snippets/async_actors/spinning.py": REFERENCE,
}
"""The modules that are edited, one after the other, and the page that shows each."""
LINE = "def main():"
ALONE, PAGE = "the module alone as a notebook", "its page as a notebook"
GOALS = {
    peer: Faster(f"snippet edit, until its verdict shows; peer: myst-nb, {peer}", 8, 3)
    for peer in (PAGE, ALONE)
}

type Edit = Callable[[str, str, str], float]


def measure(folder: Path, edits: int) -> Iterator[Row]:
    """Edit one module after the other, in turns in our preview and in the peers' notebooks."""
    seconds: dict[str, list[float]] = {"ours": [], PAGE: [], ALONE: []}
    reasons: dict[str, str] = {}
    try:
        with chromium() as browser, contextlib.ExitStack() as servers:
            sides: dict[str, Edit] = {}
            for side in seconds:
                try:
                    sides[side] = servers.enter_context(_side(side, folder, browser))
                except FailedError as error:
                    reasons[side] = str(error)
            modules = itertools.islice(itertools.cycle(PAGE_OF), edits + 1)
            for number, module in enumerate(modules):
                for side, edit in sides.items():
                    seconds[side].append(_edit(edit, module, number))
    except FailedError as error:
        reasons["ours"] = str(error)
    for peer, goal in GOALS.items():
        reason = "; ".join(reasons[side] for side in ("ours", peer) if side in reasons)
        yield goal.row(_median(seconds["ours"]), _median(seconds[peer]), reason)


@contextlib.contextmanager
def _side(side: str, folder: Path, browser: Browser) -> Iterator[Edit]:
    """Serve our preview or a peer's notebooks; give the function that times an edit."""
    own = folder / side.replace(" ", "-")
    if side == "ours":
        site = copy_proven_site(own)
        with preview(site, browser) as visit:

            def edit(module: str, text: str, _new: str) -> float:
                window = visit(PAGE_OF[module])
                seconds = time_verdict(window, site, module, text)
                window.close()
                return seconds

            yield edit
    else:
        site = copy_site(own / "site")
        with notebooks(own, site, PAGE_OF, browser, alone=side == ALONE) as edit_notebook:
            yield edit_notebook


def _edit(edit: Edit, module: str, number: int) -> float:
    """Return what an edit of a comment in a line of code takes."""
    text = (ROOT / module).read_text()
    new = f"# edit {number}"
    if LINE not in text:
        raise FailedError(f"{module} has no line {LINE!r} to edit")
    return edit(module, text.replace(LINE, f"{LINE}  {new}", 1), new)


def _median(seconds: list[float]) -> float | None:
    """Return the median without the first edit, which warms up."""
    return statistics.median(seconds[1:]) if len(seconds) > 1 else None
