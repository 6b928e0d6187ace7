"""Which kinds of actor answer beside an endless loop, and how soon."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.concurrent_operations_async_actor import kinds

if TYPE_CHECKING:
    from collections.abc import Callable


@ray.remote
class Tally:
    """Counts the loops that have begun, and those that have ended."""

    def __init__(self) -> None:
        self.loops = [0, 0]

    def count(self, begun: int = 0, ended: int = 0) -> list[int]:
        """Add to the counts, and return both."""
        self.loops = [self.loops[0] + begun, self.loops[1] + ended]
        return self.loops


def watched(kind: Any, does: str, tally: Any) -> Callable[[], Any]:
    """Return the loop that a kind of actor runs, which tells when it begins and ends."""
    loop, async_loop = kinds.LOOPS[does]

    def run() -> None:
        ray.get(tally.count.remote(begun=1))
        loop()
        tally.count.remote(ended=1)

    async def run_async() -> None:
        await tally.count.remote(begun=1)
        await async_loop()
        tally.count.remote(ended=1)

    return run_async if kind is kinds.AsyncActor else run


@pytest.mark.alone  # it measures
@pytest.mark.parametrize("does", kinds.LOOPS)
def test_all_but_the_plain_actor_answer(does: str, measure: Callable[..., None]) -> None:
    """Fifteen questions get fifteen answers beside a loop that goes on, from any other kind."""
    for name, kind in kinds.KINDS.items():
        tally = Tally.remote()
        took = kinds.time_answers(kind, watched(kind, does, tally))
        assert ray.get(tally.count.remote(), timeout=30) == [1, 0]
        assert len(took) == (0 if kind is kinds.PlainActor else 15)
        if took:
            measure(f"{name}, loop {does}", "ms", [1000 * seconds for seconds in took])


def test_an_async_actor_answers_between_turns_and_a_threaded_one_within_them(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """The async loop is never seen computing; the thread's is, for threads take turns."""

    class Flag:
        computing = False

        def compute(self) -> None:
            self.computing = True
            kinds.work()
            self.computing = False

    @ray.remote
    class AsyncActor(Flag):
        async def run(self) -> None:
            while True:
                self.compute()
                await asyncio.sleep(0)

        async def is_computing(self) -> bool:
            return self.computing

    @ray.remote
    class ThreadedActor(Flag):
        def run(self) -> None:
            while True:
                self.compute()

        def is_computing(self) -> bool:
            return self.computing

    asynchronous, threaded = AsyncActor.remote(), ThreadedActor.options(max_concurrency=2).remote()
    running = [asynchronous.run.remote(), threaded.run.remote()]
    wait_until(lambda: ray.get(threaded.is_computing.remote(), timeout=30))
    assert not any(ray.get(asynchronous.is_computing.remote(), timeout=30) for _ in range(20))
    assert not ray.wait(running, timeout=0)[0]
    ray.kill(asynchronous)
    ray.kill(threaded)


def test_threads_lose_what_they_share_without_a_lock() -> None:
    """Ten calls at once read, wait and write: one at a time they all count, on threads few do."""

    @ray.remote
    class Account:
        balance = 0

        def deposit(self) -> int:
            balance = self.balance
            time.sleep(0.1)
            self.balance = balance + 1
            return self.balance

    def kept(account: Any) -> int:
        return int(max(ray.get([account.deposit.remote() for _ in range(10)], timeout=60)))

    assert kept(Account.remote()) == 10
    assert kept(Account.options(max_concurrency=10).remote()) < 10


def test_calls_of_one_group_take_no_place_of_another(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """A second loop finds no place in its group, and the actor answers; threads it would block."""
    grouped = kinds.ActorWithGroup.remote()
    threaded = kinds.ThreadedActor.remote()
    tally = Tally.remote()
    loop = watched(kinds.ThreadedActor, "waits", tally)
    running = [actor.run.remote(loop) for actor in (threaded, threaded, grouped, grouped)]
    wait_until(lambda: ray.get(tally.count.remote(), timeout=30)[0] == 3)
    assert ray.get(grouped.other_task.remote(), timeout=30) == "answer"
    assert not ray.wait([threaded.other_task.remote()], timeout=2)[0]
    assert ray.get(tally.count.remote(), timeout=30) == [3, 0]
    assert not ray.wait(running, timeout=0)[0]
    ray.kill(grouped)
    ray.kill(threaded)


def test_beside_a_thread_calls_still_run_one_at_a_time_and_in_order() -> None:
    """As in any plain actor; in a threaded one they overlap."""

    @ray.remote
    class Log:
        def __init__(self) -> None:
            self.seen: list[tuple[str, int]] = []

        def run(self, loop: Callable[[], None]) -> None:
            threading.Thread(target=loop, daemon=True).start()

        def note(self, number: int) -> list[tuple[str, int]]:
            self.seen.append(("begin", number))
            time.sleep(0.05)
            self.seen.append(("end", number))
            return self.seen

    def noted(log: Any) -> list[tuple[str, int]]:
        ray.get(log.run.remote(kinds.wait_for_ever), timeout=30)
        refs = [log.note.remote(number) for number in range(10)]
        return max(ray.get(refs, timeout=60), key=len)

    in_turn = [(step, number) for number in range(10) for step in ("begin", "end")]
    assert noted(Log.remote()) == in_turn
    assert noted(Log.options(max_concurrency=10).remote()) != in_turn


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
