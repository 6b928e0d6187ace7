"""Threads in actors: those of a threaded actor, and those of an event loop's pool."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import ray

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_threaded_actor_has_as_many_threads_as_places() -> None:
    """They are there before the first call; so many calls run at once, in a plain actor one."""

    @ray.remote
    class Meeting:
        def __init__(self, places: int) -> None:
            self.barrier = threading.Barrier(places)
            self.lock = threading.Lock()
            self.inside = self.most = 0

        def process(self) -> int:
            return os.getpid()

        def meet(self) -> int:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.barrier.wait(timeout=30)  # for all places to be taken
            with self.lock:
                self.inside -= 1
            return threading.get_ident()

        def get_most(self) -> int:
            return self.most

    places = 20
    plain, threaded = Meeting.remote(1), Meeting.options(max_concurrency=places).remote(places)
    few, many = (
        psutil.Process(ray.get(actor.process.remote())).num_threads() for actor in (plain, threaded)
    )
    assert many - few > places / 2
    for actor, threads in ((plain, 1), (threaded, places)):
        met = ray.get([actor.meet.remote() for _ in range(2 * places)], timeout=30)
        assert len(set(met)) == threads
        assert ray.get(actor.get_most.remote()) == threads


LOOKS = 50
"""So many calls look at two steps which mostly stand apart."""


class _Stepping:
    """Takes steps in pairs until it is told to stop."""

    def __init__(self) -> None:
        self.first = self.second = 0
        self.stopping = False

    def step(self) -> None:
        while not self.stopping:
            self.take_two()

    def take_two(self) -> None:
        self.first += 1
        sum(range(1000))
        self.second += 1

    def look(self) -> tuple[int, int]:
        return self.first, self.second

    def stop(self) -> None:
        self.stopping = True


class _SteppingAsync(_Stepping):
    async def step_and_await(self) -> None:
        while not self.stopping:
            self.take_two()
            await asyncio.sleep(0)


def looks_between_steps(actor: Any, stepping: Any) -> bool:
    """Tell whether one of many calls has come between two steps of another that goes on."""
    looks: set[tuple[int, int]] = set()
    while len(looks) < LOOKS:  # each sees other steps than the one before
        looks.add(ray.get(actor.look.remote(), timeout=30))
    ray.get(actor.stop.remote())
    ray.get(stepping, timeout=30)
    return any(first != second for first, second in looks)


def test_a_thread_is_interrupted_where_a_coroutine_is_not() -> None:
    """Another call sees a thread between two steps, and a coroutine only at an await."""
    threaded: Any = ray.remote(_Stepping).options(max_concurrency=2).remote()
    coroutines: Any = ray.remote(_SteppingAsync).remote()
    assert looks_between_steps(threaded, threaded.step.remote())
    assert not looks_between_steps(coroutines, coroutines.step_and_await.remote())


def test_to_thread_has_a_pool_of_a_few_threads(measure: Callable[..., None]) -> None:
    """As many as four more than there are cores, and never more than 32, run at once."""

    @ray.remote
    class Pool:
        async def most_at_once(self, calls: int) -> int:
            inside = most = 0
            lock = threading.Lock()

            def enter() -> None:
                nonlocal inside, most
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.3)  # the others come meanwhile
                with lock:
                    inside -= 1

            await asyncio.gather(*[asyncio.to_thread(enter) for _ in range(calls)])
            return most

        async def cores(self) -> int:
            new = getattr(os, "process_cpu_count", os.cpu_count)  # Python 3.13 has it
            return new() or 1

        async def switch_interval(self) -> float:
            return sys.getswitchinterval()

    pool = Pool.remote()
    cores = ray.get(pool.cores.remote())
    most = ray.get(pool.most_at_once.remote(40))
    assert most == min(32, cores + 4)
    measure("threads of the pool", "threads", [most])
    interval = ray.get(pool.switch_interval.remote())
    assert interval == 0.005
    measure("switch interval", "ms", [1000 * interval])
