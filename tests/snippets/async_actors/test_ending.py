"""A loop keeps its actor alive; what ends the loop, or the process, ends the actor."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import ray

from snippets.async_actors.ending import Journal, wait_for_turns

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_loop_keeps_its_actor_until_it_is_cancelled(run_snippet: Callable[[str], str]) -> None:
    """Without a handle it makes fifty turns; then it hears of the cancel."""
    assert run_snippet("snippets.async_actors.ending").splitlines() == [
        "without a handle: 50 more turns",
        "cancelled: run was cancelled",
    ]


@pytest.fixture
def looping() -> Any:
    """Return the class of an actor with a loop, which says what process it is."""

    @ray.remote
    class Looping:
        def __init__(self, journal: Any) -> None:
            self.journal = journal

        async def process(self) -> int:
            return os.getpid()

        async def run(self) -> None:
            while True:
                self.journal.turn.remote()
                await asyncio.sleep(0.01)

        async def exit_actor(self) -> None:
            ray.actor.exit_actor()

        def __ray_shutdown__(self) -> None:
            ray.wait([self.journal.note.remote("shut down")])

    return Looping


def test_an_actor_without_a_handle_ends_when_its_loop_is_cancelled(
    looping: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Its process is there until then."""
    journal = Journal.remote()
    actor = looping.remote(journal)
    process = psutil.Process(ray.get(actor.process.remote()))
    loop = actor.run.remote()
    del actor
    wait_for_turns(50, journal)
    assert process.is_running()
    ray.cancel(loop, recursive=False)
    wait_until(lambda: not process.is_running())


def test_a_loop_outlasts_a_request_to_exit_and_not_a_kill(
    looping: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """It turns on, other calls get no answer, no cancel arrives; a kill ends it uncleaned."""
    journals = [Journal.remote(), Journal.remote()]
    exiting, terminating = actors = [looping.remote(journal) for journal in journals]
    processes = [psutil.Process(ray.get(actor.process.remote())) for actor in actors]
    loops = [actor.run.remote() for actor in actors]
    for journal in journals:
        wait_for_turns(1, journal)
    leaving = [exiting.exit_actor.remote(), terminating.__ray_terminate__.remote()]
    for journal in journals:
        wait_for_turns(20, journal)
    assert not ray.wait([actor.process.remote() for actor in actors], timeout=1)[0]
    for loop in loops:
        ray.cancel(loop)
    for journal in journals:
        wait_for_turns(100, journal)

    for actor in actors:
        ray.kill(actor)
    wait_until(lambda: not any(process.is_running() for process in processes))
    assert all(ray.get(journal.read.remote())[1] == [] for journal in journals)
    del leaving


def test_a_loop_without_a_handle_ends_with_its_job(
    looping: Any, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Its process is there while the job is."""
    journal = Journal.remote()
    actor = looping.remote(journal)
    process = psutil.Process(ray.get(actor.process.remote()))
    actor.run.remote()
    del actor
    wait_for_turns(100, journal)
    assert process.is_running()
    ray.shutdown()
    wait_until(lambda: not process.is_running())


def test_a_thread_does_not_keep_its_actor(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """With a handle a thread turns on beside the calls; without one its process ends."""

    @ray.remote
    class Threaded:
        def process(self) -> int:
            return os.getpid()

        def run(self, journal: Any) -> None:
            threading.Thread(target=self._run, args=[journal], daemon=True).start()

        def _run(self, journal: Any) -> None:
            while True:
                ray.get(journal.turn.remote())
                time.sleep(0.01)

    journal, threaded = Journal.remote(), Threaded.remote()
    process = psutil.Process(ray.get(threaded.process.remote()))
    ray.get(threaded.run.remote(journal))
    wait_for_turns(100, journal)
    assert process.is_running()
    del threaded
    wait_until(lambda: not process.is_running())
