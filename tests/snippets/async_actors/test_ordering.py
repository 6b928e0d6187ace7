"""An async actor may run calls in another order than they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snippets.async_actors.ordering import AsyncLog, PlainLog, note_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 10
"""How often all calls may happen to run in order."""


def test_only_a_plain_actor_keeps_the_order() -> None:
    """A hundred calls of one caller: in order in a plain actor, and not in an async one."""
    numbers = list(range(100))
    assert all(note_in_turn(PlainLog.remote()) == numbers for _ in range(3))
    asynchronous = AsyncLog.remote()
    orders = (note_in_turn(asynchronous)[-100:] for _ in range(TRIES))
    assert any(order != sorted(order) for order in orders)


def test_main_prints_which_actor_keeps_the_order(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the two."""
    plain, _ = run_snippet("snippets.async_actors.ordering").splitlines()
    assert plain == "plain actor, in order: True"
