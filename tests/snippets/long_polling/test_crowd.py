"""How many calls an update takes with many clients, and how soon they hear of it."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.long_polling import crowd, parked

if TYPE_CHECKING:
    from collections.abc import Callable

MEASURED = [
    *((way, clients) for clients in (1, 100, 900) for way in ("asked on and on", "parked")),
    ("with pauses", 100),
]


@pytest.mark.alone  # it measures
@pytest.mark.parametrize(("way", "clients"), MEASURED)
def test_a_parked_client_makes_one_call_an_update(
    way: str, clients: int, measure: Callable[..., None]
) -> None:
    """So many calls as clients, and none while nothing is new; others make calls all the time."""
    board, many = crowd.meet(way, clients)
    idle = crowd.idle_calls(board)
    calls, halves, lasts = [], [], []
    for number in range(5 if clients < 900 else 2):
        time.sleep(number / 10)  # at any point of a pause
        answered, delays = crowd.post(board, many, f"state {number}")
        assert len(delays) == clients
        calls.append(answered)
        halves.append(1000 * statistics.median(delays))
        lasts.append(1000 * max(delays))
    if way == "parked":
        assert set(calls) == {clients}
        assert idle == 0
    else:
        assert min(calls) >= clients
        assert idle > 0
    measure(f"calls, {clients} {way}", "calls" if max(calls) > 1 else "call", calls)
    measure(f"idle, {clients} {way}", "calls/s", [idle])
    measure(f"half, {clients} {way}", "ms", halves)
    measure(f"last, {clients} {way}", "ms", lasts)
    ray.kill(board)
    ray.kill(many)


@pytest.mark.alone  # it measures
def test_calls_with_one_timeout_come_back_together(measure: Callable[..., None]) -> None:
    """Of a hundred, no more come back at once with random timeouts than with a fixed one."""

    @ray.remote
    class Answers:
        async def times(self, board: Any, calls: int) -> list[float]:
            async def one() -> float:
                assert await board.listen.remote({"job 1": None}) == {}
                return time.monotonic()

            return sorted(await asyncio.gather(*(one() for _ in range(calls))))

    def most_within(seconds: float, **timeouts: float) -> int:
        board, answers = parked.JobBoard.remote(**timeouts), Answers.remote()
        ray.get([board.progress.remote(), answers.times.remote(board, 0)], timeout=30)
        times: list[float] = ray.get(answers.times.remote(board, 100), timeout=30)
        ray.kill(board)
        return max(sum(a <= b < a + seconds for b in times) for a in times)

    together = most_within(0.2, shortest=1, longest=1)
    spread = most_within(0.2, shortest=0.2, longest=1.8)
    assert spread <= together
    measure("back at once, one timeout", "calls", [together])
    measure("back at once, random timeouts", "calls", [spread])
