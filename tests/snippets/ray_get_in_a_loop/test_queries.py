"""`ray.get` in a loop runs one query at a time; refs first, answers later, runs many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ray

from snippets.ray_get_in_a_loop.queries import Database, all_at_once, few_at_a_time, one_by_one

if TYPE_CHECKING:
    from collections.abc import Callable

SQUARES = [number * number for number in range(10)]


def collect_with(collect: Callable[[object], list[int]]) -> tuple[list[int], int]:
    """Return the answers, and how many queries ran at once at the most."""
    database = Database.remote()
    answers = collect(database)
    return answers, ray.get(database.take_most_running.remote())


def test_get_in_the_loop_runs_one_query_at_a_time() -> None:
    """The answers are right, and no two queries ever overlapped."""
    answers, most = collect_with(one_by_one)
    assert answers == SQUARES
    assert most == 1


def test_get_after_the_loop_lets_queries_overlap() -> None:
    """The same answers in the same order, from queries that overlapped."""
    answers, most = collect_with(all_at_once)
    assert answers == SQUARES
    assert 1 < most <= 10


def test_waiting_for_the_first_bounds_how_many_overlap() -> None:
    """The same answers in some order, from queries that overlapped up to the bound."""
    answers, most = collect_with(few_at_a_time)
    assert sorted(answers) == SQUARES
    assert 1 < most <= 4


def test_main_prints_that_overlap_saves_time(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, compares the three; one by one takes the longest."""
    printed = run_snippet("snippets.ray_get_in_a_loop.queries")
    lines = re.findall(r"^(\w+): ([\d.]+) s, most at once: (\d+)$", printed, re.MULTILINE)
    assert [name for name, _, _ in lines] == ["one_by_one", "all_at_once", "few_at_a_time"]
    one_by_one_took, *others_took = (float(seconds) for _, seconds, _ in lines)
    assert all(took < one_by_one_took for took in others_took)
    assert lines[0][2] == "1"
