"""An async actor may run calls in another order than they were made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ray

from snippets.async_actors.ordering import AsyncLog, PlainLog, note_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

TRIES = 10
"""How often all calls may happen to run in order."""


def test_only_a_plain_actor_keeps_the_order() -> None:
    """A hundred calls of one caller: in order in a plain actor, not in an async or threaded one."""
    numbers = list(range(100))
    plain = PlainLog.remote()
    assert all(note_in_turn(plain) == numbers for _ in range(TRIES))
    for other in (AsyncLog.remote(), PlainLog.options(max_concurrency=2).remote()):
        assert any(note_in_turn(other) != numbers for _ in range(TRIES))


def test_what_a_worker_prints_may_come_after_the_result_of_its_call(
    capsys: pytest.CaptureFixture[str], wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """The driver has the result, and not yet the line that was printed before it."""

    @ray.remote
    class Printer:
        def say(self, what: str) -> str:
            print(what)  # noqa: T201 - it is what the test is about
            return what

    printer: Any = Printer.remote()
    heard = ""

    def has_come(said: str) -> bool:
        nonlocal heard
        heard += "".join(capsys.readouterr())
        return said in heard

    late = []
    for number in range(TRIES):
        said = ray.get(printer.say.remote(f"line {number} of the printer"))
        late.append(not has_come(said))
        wait_until(partial(has_come, said))
        if late[-1]:
            break
    assert any(late)


def test_main_prints_which_actor_keeps_the_order(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the two."""
    assert run_snippet("snippets.async_actors.ordering").splitlines() == [
        "plain actor, ten times in order: True",
        "async actor, ten times in order: False",
    ]
