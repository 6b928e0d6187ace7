"""Who gets a named actor, when several want it at once."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.named_and_detached_actors.get_or_create import (
    call,
    call_at_once,
    get_or_create,
    look,
    look_then_create,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


@pytest.mark.recording("look_then_create", begin="look")
def test_of_callers_that_found_no_actor_one_can_create_it(
    recorded: Callable[[], Recording],
) -> None:
    """The name is taken by then; the other one is answered."""
    both = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        get = partial(look_then_create, both)
        first, second = (pool.submit(call, get, "poller") for _ in range(2))
    failed, got = (first, second) if first.exception() else (second, first)
    with pytest.raises(ValueError, match="already"):
        failed.result()
    assert got.result()[1] == 1
    seen = recorded()
    assert len(seen.of("look")) == len(seen.of("create")) == 2
    assert max(each.start for each in seen.of("look")) < seen.of("create")[0].start
    assert len(seen.of("Poller.add")) == 1


@pytest.mark.recording("get_if_exists", begin="get_or_create")
def test_two_callers_of_get_if_exists_are_both_answered(recorded: Callable[[], Recording]) -> None:
    """By one actor, in the threads in which one of two fails that look first."""
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call, get_or_create, "poller") for _ in range(2)]
    got = [each.result() for each in calls]
    assert sorted(jobs for _, jobs in got) == [1, 2]
    adds = recorded().of("Poller.add")
    assert len({each.process for each in adds}) == 1
    assert len(adds) == 2


def test_all_callers_of_get_if_exists_get_one_actor() -> None:
    """Eight threads that begin at one moment, and two processes, and all add to one count."""
    begin = threading.Barrier(8)

    def get(name: str) -> Any:
        begin.wait()
        return get_or_create(name)

    @ray.remote
    def add() -> int:
        return int(ray.get(get_or_create("poller").add.remote()))

    got = call_at_once(get, "poller")
    assert sorted(jobs for _, jobs in got) == [*range(1, 9)]
    assert sorted(ray.get([add.remote() for _ in range(2)], timeout=60)) == [9, 10]


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


def test_main_prints_who_gets_the_actor(
    run_snippet: Callable[..., str], measure: Callable[..., None]
) -> None:
    """The module, run by hand, serves one caller of eight, and then all."""
    printed = run_snippet("snippets.named_and_detached_actors.get_or_create")
    assert printed.splitlines() == [
        "look, then create: 1 of 8 get it, jobs: 1",
        "get_if_exists: 8 of 8 get it, jobs: 8",
    ]
    looking, asking = map(int, re.findall(r"(\d+) of 8", printed))
    measure("callers served that look first", "caller", [looking])
    measure("callers served with get_if_exists", "callers", [asking])
