"""An actor whose only async method is a generator is async."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import ray

from snippets.async_actors.async_generator import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_a_plain_method_is_heard_while_an_async_generator_runs() -> None:
    """The generator would tick for ever, and ends because stop was called."""
    ticker = Ticker.remote()
    ticks = ticker.ticks.remote()
    assert [ray.get(next(ticks)) for _ in range(20)] == ["tick"] * 20
    assert ray.get(ticker.stop.remote(), timeout=30) == "stopped while ticking"
    assert all(ray.get(tick) == "tick" for tick in ticks)


def test_a_plain_generator_leaves_the_actor_plain() -> None:
    """Without async, stop waits for as long as the generator ticks."""

    @ray.remote
    class PlainTicker:
        def ticks(self) -> Iterator[str]:
            while True:
                yield "tick"
                time.sleep(0.05)

        def stop(self) -> None:
            """Never runs."""

    ticker = PlainTicker.remote()
    ticks = ticker.ticks.remote()
    next(ticks)
    stopped = ticker.stop.remote()
    for _ in range(20):
        next(ticks)
    assert not ray.wait([stopped], timeout=0)[0]


def test_main_prints_the_ticks_until_the_stop(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, shows ticks, the stop, and the end."""
    lines = run_snippet("snippets.async_actors.async_generator", varying=["count"]).splitlines()
    assert lines[:4] == ["tick", "tick", "tick", "stopped while ticking"]
    assert re.fullmatch(r"ticks after that: \d+", lines[4])
