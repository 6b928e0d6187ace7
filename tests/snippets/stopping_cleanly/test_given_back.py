"""A loop that catches its cancel gives its job back, whenever the cancel comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import ray

from snippets.stopping_cleanly.given_back import Poller

if TYPE_CHECKING:
    from collections.abc import Callable


def test_main_prints_that_all_jobs_are_ready_again(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, leaves its store as it was."""
    assert run_snippet("snippets.stopping_cleanly.given_back").splitlines() == [
        "run is cancelled",
        "ready [1, 2, 3], in hand [], finished []",
    ]


def test_a_job_that_is_on_its_way_is_given_back_too(bench: Any) -> None:
    """Cancelled while it waits for a job, the loop waits on, and gives that job back."""

    @ray.remote
    class SlowStore:
        def __init__(self) -> None:
            self.asked, self.ready = asyncio.Event(), asyncio.Event()
            self.given_back: list[int] = []

        async def claim(self) -> int:
            self.asked.set()
            await self.ready.wait()
            return 1

        async def give_back(self, job: int) -> None:
            self.given_back.append(job)

        async def wait_for_claim(self) -> None:
            await self.asked.wait()

        async def hand_out(self) -> None:
            self.ready.set()

        async def jobs_given_back(self) -> list[int]:
            return self.given_back

    store = SlowStore.remote()
    poller = Poller.remote(store, bench.work())
    polling = poller.run.remote()
    ray.get(store.wait_for_claim.remote(), timeout=30)
    ray.cancel(polling, recursive=False)
    ray.get(poller.__ray_ready__.remote(), timeout=30)  # it has been told of the cancel
    ray.get(store.hand_out.remote(), timeout=30)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(polling, timeout=30)
    assert ray.get(store.jobs_given_back.remote(), timeout=30) == [1]
