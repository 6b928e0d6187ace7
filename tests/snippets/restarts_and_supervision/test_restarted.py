"""An actor with restarts comes back after a crash, and its loop does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_main_prints_that_the_loop_does_not_come_back(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand: `run` raises, the actor answers, and no job is taken up."""
    assert run_snippet("snippets.restarts_and_supervision.restarted").splitlines() == [
        "the process of the actor is gone, and run with it",
        "the actor is back, turns of its loop: 0",
        "ready: [4, 5]",
        "in hand: [3]",
        "finished: [1, 2]",
    ]
