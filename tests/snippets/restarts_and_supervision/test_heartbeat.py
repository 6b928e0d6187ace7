"""Turns that are counted tell a loop that hangs from an idle one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def test_main_prints_that_an_idle_loop_turns_and_a_hung_one_does_not(
    run_snippet: Callable[[str], str],
) -> None:
    """The module, run by hand: no turn beside a job that hangs; after a kill all is finished."""
    assert run_snippet("snippets.restarts_and_supervision.heartbeat").splitlines() == [
        "turns beside job 3: False",
        "turns when idle: True",
        "finished: [1, 2, 3]",
        "begun again: [3]",
    ]
