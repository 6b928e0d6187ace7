"""Which kinds of actor answer beside an endless loop, and how soon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from snippets.concurrent_operations_async_actor import kinds

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.alone  # it measures
@pytest.mark.parametrize("does", kinds.LOOPS)
def test_all_but_the_plain_actor_answer(does: str, measure: Callable[..., None]) -> None:
    """Fifteen questions get fifteen answers, from whichever other kind."""
    loop, async_loop = kinds.LOOPS[does]
    assert not kinds.time_answers(kinds.PlainActor, loop)
    for name, kind in kinds.KINDS.items():
        if kind is not kinds.PlainActor:
            used = async_loop if kind is kinds.AsyncActor else loop
            took = kinds.time_answers(kind, used)
            assert len(took) == 15
            measure(f"{name}, loop {does}", "ms", [1000 * seconds for seconds in took])


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_an_answer_for_each_kind_but_the_plain_one(
    run_snippet: Callable[..., str],
) -> None:
    """The module, run by hand, compares all kinds."""
    printed = run_snippet("snippets.concurrent_operations_async_actor.kinds", varying=["decimal"])
    lines = printed.splitlines()
    assert lines[:2] == [
        "plain actor, loop waits: no answer",
        "plain actor, loop computes: no answer",
    ]
    assert len(lines) == 10
    assert all(re.fullmatch(r"[a-z ]+, loop \w+: \d+\.\d ms", line) for line in lines[2:])
