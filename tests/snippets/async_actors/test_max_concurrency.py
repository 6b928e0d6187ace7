"""An async actor takes so many calls at once and no more; by default, a thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ray

from snippets.async_actors.max_concurrency import WaitingRoom

if TYPE_CHECKING:
    from collections.abc import Callable

NO_PLACE = "no place for another call within 2 seconds"


def test_a_call_that_ends_frees_its_place(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """It is the place that was missing: one caller gives up, and the door opens."""
    room = WaitingRoom.options(max_concurrency=2).remote()
    ray.get(room.count_waiting.remote())  # the actor takes calls
    first, second = room.wait.remote(), room.wait.remote()
    wait_until(lambda: not ray.wait([room.count_waiting.remote()], timeout=1)[0])
    opening = room.open.remote()
    assert not ray.wait([opening], timeout=1)[0]

    ray.cancel(first)
    assert ray.get(opening, timeout=30) == "opened for 2"
    ray.get(second, timeout=30)


def test_a_call_runs_in_the_last_place_and_in_no_other(run_snippet: Callable[[str], str]) -> None:
    """Of three places two may be taken, and of those by default 999, if another call shall run."""
    assert run_snippet("snippets.async_actors.max_concurrency").splitlines() == [
        "2 of 3 places taken: opened for 2",
        f"3 of 3 places taken: {NO_PLACE}",
        "999 by default: opened for 999",
        f"1000 by default: {NO_PLACE}",
    ]
