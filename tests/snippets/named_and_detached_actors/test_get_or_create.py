"""Who gets a named actor, when two want it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import ray

from snippets.named_and_detached_actors.get_or_create import create, get_or_create, look

if TYPE_CHECKING:
    from collections.abc import Callable


def test_of_two_callers_that_found_no_actor_one_cannot_create_it() -> None:
    """The name is taken by then; who looks again, finds it."""
    found = look("poller"), look("poller")
    assert found == (None, None)
    poller = create("poller")
    with pytest.raises(ValueError, match="already"):
        create("poller")
    again = look("poller")
    assert again is not None
    assert ray.get([poller.add.remote(), again.add.remote()], timeout=30) in ([1, 2], [2, 1])


def test_all_callers_of_get_if_exists_get_one_actor() -> None:
    """Eight tasks at once, and all add to one count."""

    @ray.remote
    def add() -> int:
        return int(ray.get(get_or_create("poller").add.remote()))

    held = get_or_create("poller")
    assert sorted(ray.get([add.remote() for _ in range(8)], timeout=60)) == [*range(1, 9)]
    assert ray.get(held.add.remote(), timeout=30) == 9


def test_a_name_is_free_again_when_its_actor_has_ended(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """Killed, or without a handle: the next one begins at nothing."""
    poller = get_or_create("poller")
    assert ray.get(poller.add.remote(), timeout=30) == 1
    ray.kill(poller)
    wait_until(lambda: look("poller") is None)
    poller = get_or_create("poller")
    assert ray.get(poller.add.remote(), timeout=30) == 1
    del poller
    wait_until(lambda: look("poller") is None)


def test_a_newer_class_meets_the_older_actor_of_its_name() -> None:
    """`get_if_exists` looks at the name alone."""

    @ray.remote
    class Newer:
        async def add(self) -> str:
            return "newer"

    older = get_or_create("poller")
    newer = Newer.options(name="poller", get_if_exists=True).remote()
    assert ray.get(newer.add.remote(), timeout=30) == 1
    assert ray.get(older.add.remote(), timeout=30) == 2


def test_main_prints_who_gets_the_actor(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, has one caller of two fail, and then none."""
    printed = run_snippet("snippets.named_and_detached_actors.get_or_create")
    assert printed.splitlines() == [
        "caller 2 cannot create it",
        "look, then create: 1 of 2 get it",
        "get_if_exists: 2 of 2 get it, and it has 2 jobs",
    ]
