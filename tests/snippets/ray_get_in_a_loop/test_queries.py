"""`ray.get` in a loop runs one query at a time; refs first, answers later, runs many."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from typing import TYPE_CHECKING

import pytest
import ray

from snippets.ray_get_in_a_loop.queries import Database, all_at_once, few_at_a_time, one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable

SQUARES = [number * number for number in range(10)]


def test_all_ways_give_the_answers_and_differ_in_overlap() -> None:
    """With `ray.get` in the loop no two queries overlap; after it, they do, as far as allowed."""
    database = Database.remote()
    assert one_by_one(database) == SQUARES
    assert ray.get(database.take_most_running.remote()) == 1
    assert all_at_once(database) == SQUARES
    assert 1 < ray.get(database.take_most_running.remote()) <= 10
    assert sorted(few_at_a_time(database)) == SQUARES
    assert 1 < ray.get(database.take_most_running.remote()) <= 4


def test_a_few_at_a_time_gives_each_answer_as_it_comes() -> None:
    """An answer that takes long is overtaken by all that started beside it or after it."""

    @ray.remote
    class Uneven:
        async def query(self, number: int) -> int:
            await asyncio.sleep(1 if number == 0 else 0.01)
            return number

    uneven = Uneven.remote()
    answers = few_at_a_time(uneven)
    assert next(answers) != 0
    assert list(answers)[-1] == 0
    assert all_at_once(uneven) == list(range(10))  # in the order of the refs all the same


def test_a_call_returns_a_ref_at_once_and_get_waits_for_its_result() -> None:
    """The ref is there before the result is; a ref that `ray.wait` returns needs no wait."""

    @ray.remote
    class Gate:
        def __init__(self) -> None:
            self.opened = asyncio.Event()

        async def query(self) -> str:
            await self.opened.wait()
            return "answer"

        async def open(self) -> None:
            self.opened.set()

    gate = Gate.remote()
    ref = gate.query.remote()
    with pytest.raises(ray.exceptions.GetTimeoutError):
        ray.get(ref, timeout=1)
    gate.open.remote()
    (done,), _ = ray.wait([ref], timeout=30)
    assert ray.get(done, timeout=0) == "answer"


def test_all_at_once_holds_every_answer_and_a_few_at_a_time_none() -> None:
    """What the generator has yielded is gone when its caller drops it."""

    class Answer:
        pass

    @ray.remote
    class Big:
        async def query(self, _number: int) -> Answer:
            return Answer()

    big = Big.remote()
    answers = few_at_a_time(big)
    yielded = [weakref.ref(next(answers)) for _ in range(5)]
    gc.collect()
    assert [ref() for ref in yielded] == [None] * 5
    assert len({id(answer) for answer in all_at_once(big)}) == 10


def test_the_database_takes_all_queries_at_once() -> None:
    """Ten that are asked for together are under way together."""
    database = Database.remote()
    ray.get(database.take_most_running.remote())

    def most() -> int:
        all_at_once(database)
        return int(ray.get(database.take_most_running.remote()))

    assert any(most() == 10 for _ in range(10))


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_that_overlap_saves_time(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the three; one by one takes the longest."""
    printed = run_snippet("snippets.ray_get_in_a_loop.queries", varying=["decimal"])
    lines = re.findall(r"^(\w+): ([\d.]+) s, most at once: (\d+)$", printed, re.MULTILINE)
    assert [name for name, _, _ in lines] == ["one_by_one", "all_at_once", "few_at_a_time"]
    one_by_one_took, *others_took = (float(seconds) for _, seconds, _ in lines)
    assert all(took < one_by_one_took for took in others_took)
    assert lines[0][2] == "1"
