"""An async actor takes so many calls at once and no more; by default, a thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ray

from snippets.async_actors.max_concurrency import WaitingRoom, open_beside

if TYPE_CHECKING:
    from collections.abc import Callable

NO_PLACE = "open found no place within 2 seconds"


def test_a_call_runs_in_the_last_free_place_and_in_no_other() -> None:
    """Of three places two may be taken, but not all, if the next call shall run."""
    room = WaitingRoom.options(max_concurrency=3)
    assert open_beside(2, room.remote()) == "opened for 2"
    assert open_beside(3, room.remote()) == NO_PLACE


def test_a_call_that_ends_frees_its_place() -> None:
    """It is the place that was missing: one caller gives up, and the door opens."""
    room = WaitingRoom.options(max_concurrency=2).remote()
    ray.get(room.count_waiting.remote())  # the actor takes calls
    first, second = room.wait.remote(), room.wait.remote()
    opening = room.open.remote()
    assert not ray.wait([opening], timeout=1)[0]

    ray.cancel(first)
    assert ray.get(opening, timeout=30) == "opened for 2"
    ray.get(second, timeout=30)


def test_main_prints_who_found_a_place(run_snippet: Callable[[str], str]) -> None:
    """The 1000th call runs beside 999 others; the 1001st does not run beside 1000."""
    assert run_snippet("snippets.async_actors.max_concurrency").splitlines() == [
        "1 of 2 places taken: opened for 1",
        f"2 of 2 places taken: {NO_PLACE}",
        "999 by default: opened for 999",
        f"1000 by default: {NO_PLACE}",
    ]
