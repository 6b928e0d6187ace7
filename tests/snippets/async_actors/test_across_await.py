"""One coroutine runs at a time, and others come in at its awaits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snippets.async_actors.across_await import Account, deposit_ten_times

if TYPE_CHECKING:
    from collections.abc import Callable


def test_deposits_are_lost_across_an_await_and_nowhere_else() -> None:
    """Without an await, or behind a lock, ten deposits make ten."""
    account = Account.remote()
    assert deposit_ten_times(account, account.deposit) == 10
    assert 0 < deposit_ten_times(account, account.deposit_across_await) < 10
    assert deposit_ten_times(account, account.deposit_with_lock) == 10


def test_main_prints_how_many_deposits_are_kept(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows which way loses deposits."""
    alone, across, locked = run_snippet(
        "snippets.async_actors.across_await", varying=["count"]
    ).splitlines()
    assert alone == "without an await: 10 of 10 deposits kept"
    assert re.fullmatch(r"across an await: [1-9] of 10 deposits kept", across)
    assert locked == "with a lock: 10 of 10 deposits kept"
