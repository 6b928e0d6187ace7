"""One coroutine runs at a time, and others come in at its awaits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snippets.async_actors.across_await import deposit_ten_times

if TYPE_CHECKING:
    from collections.abc import Callable


def test_deposits_are_lost_across_an_await_and_nowhere_else() -> None:
    """Without an await, or behind a lock, ten deposits make ten."""
    assert deposit_ten_times("deposit") == 10
    assert 0 < deposit_ten_times("deposit_across_await") < 10
    assert deposit_ten_times("deposit_with_lock") == 10


def test_main_prints_the_three_balances(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, shows which way loses deposits."""
    alone, across, locked = run_snippet("snippets.async_actors.across_await").splitlines()
    assert alone == "deposit: 10 deposits, balance 10"
    assert re.fullmatch(r"deposit_across_await: 10 deposits, balance [1-9]", across)
    assert locked == "deposit_with_lock: 10 deposits, balance 10"
