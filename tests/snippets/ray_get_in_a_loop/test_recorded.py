"""What the recordings show: how many queries are under way at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.ray_get_in_a_loop import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


@pytest.fixture
def database() -> Any:
    """Return a database that has started."""
    actor = queries.Database.remote()
    ray.get(actor.take_most_running.remote())
    return actor


@pytest.mark.recording("one_by_one", begin="one_by_one")
def test_no_query_starts_before_the_last_one_is_answered(
    database: Any, recorded: Callable[[], Recording]
) -> None:
    """Ten queries run, never two at a time, and the loop takes as long as all of them together."""
    queries.one_by_one(database)
    seen = recorded()
    asked: list[Any] = seen.of("Database.query")
    (loop,) = seen.of("one_by_one")
    assert len(asked) == 10
    assert seen.most_at_once("Database.query") == 1
    assert loop.stop
    assert loop.stop - loop.start >= sum(query.stop - query.start for query in asked)


@pytest.mark.recording("all_at_once", begin="all_at_once")
def test_all_queries_overlap(database: Any, recorded: Callable[[], Recording]) -> None:
    """Asked for together, the ten queries overlap."""
    queries.all_at_once(database)
    assert recorded().most_at_once("Database.query") >= 2


@pytest.mark.recording("few_at_a_time", begin="few_at_a_time")
def test_no_more_than_a_few_queries_overlap(
    database: Any, recorded: Callable[[], Recording]
) -> None:
    """Four at a time means two at least, and never five."""
    assert len(list(queries.few_at_a_time(database))) == 10
    assert 2 <= recorded().most_at_once("Database.query") <= 4
