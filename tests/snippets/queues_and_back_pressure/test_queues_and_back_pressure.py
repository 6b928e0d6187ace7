"""How many jobs are held when producers are faster than the poller, and where."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import ray
from ray.util.queue import Full, Queue

from snippets.queues_and_back_pressure import (
    ahead,
    bounded,
    left_behind,
    piling,
    refused,
    shared,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording

PRINTED = {
    "piling": "most jobs held at once: 40 of 40\n",
    "bounded": "most jobs held at once: 7 of 40\n",
    "ahead": "most jobs held at once: 11 of 40\n",
    "refused": "taken while the store is shut: 4 of 40\nfinished: 4, kept: 36\n",
    "shared": "jobs in the full queue: 4 of 40\nfinished: 40\n",
    "left_behind": (
        "gave up with asyncio\n"
        "job 1 is gone, and nobody has it\n"
        "gave up with the queue\n"
        "job 2 is there\n"
    ),
}


@pytest.mark.recording("just_called", begin="produce")
def test_jobs_that_are_just_called_for_are_all_held(recorded: Callable[[], Recording]) -> None:
    """The producers are through, no job is done, and a new one is done after all the others."""
    store = piling.JobStore.remote()
    poller = piling.Poller.remote(store)
    poller.run.remote()
    ray.get([store.list_finished.remote(), poller.progress.remote()], timeout=30)  # both live
    producers = piling.start(piling.produce, poller, jobs=16)
    for producer in producers:
        producer.join(timeout=30)
    piling.wait_until_held(poller, 16)
    assert ray.get(store.list_finished.remote(), timeout=30) == []
    ray.get(poller.add.remote(17), timeout=30)
    assert ray.get(poller.progress.remote(), timeout=30) == (17, 17)
    ray.get(store.open.remote(), timeout=30)
    finished = piling.wait_until_finished(store, 17)
    assert sorted(finished) == list(range(1, 18))
    assert finished[-1] == 17
    seen = recorded()
    opened = seen.of("JobStore.open")[0].start
    assert all(call.stop and call.stop < opened for call in seen.of("produce"))


@pytest.mark.recording("calls_awaited", begin="produce_and_wait")
def test_producers_that_wait_are_held_up_by_a_full_queue(
    recorded: Callable[[], Recording],
) -> None:
    """Seven jobs are held, and no more before one of them is done; then all get done."""
    store = piling.JobStore.remote()
    poller = bounded.BoundedPoller.remote(store)
    poller.run.remote()
    ray.get([store.list_finished.remote(), poller.progress.remote()], timeout=30)  # both live
    producers = piling.start(bounded.produce_and_wait, poller, jobs=16)
    piling.wait_until_held(poller, 7)
    ray.get(store.open.remote(), timeout=30)
    assert sorted(piling.wait_until_finished(store, 16)) == list(range(1, 17))
    for producer in producers:
        producer.join(timeout=30)
    assert ray.get(poller.progress.remote(), timeout=30) == (0, 7)
    seen = recorded()
    opened = seen.of("JobStore.open")[0].start
    assert all(call.stop and call.stop > opened for call in seen.of("produce_and_wait"))
    before = [call for call in seen.of("BoundedPoller.add") if call.start < opened]
    assert len(before) == 7
    assert sum(call.stop is None or call.stop > opened for call in before) == 2


def test_a_bound_holds_only_if_producers_wait(measure: Callable[..., None]) -> None:
    """Forty jobs are held without it, seven with a call a producer, eleven with three calls."""
    without = piling.most_held(piling.Poller, piling.produce, full=40)
    ignored = piling.most_held(bounded.BoundedPoller, piling.produce, full=40)
    waited = piling.most_held(bounded.BoundedPoller, bounded.produce_and_wait, full=7)
    went_ahead = piling.most_held(bounded.BoundedPoller, ahead.produce_ahead, full=11)
    assert (without, ignored, waited, went_ahead) == (40, 40, 7, 11)
    measure("held without a bound", "jobs", [without])
    measure("held if nobody waits", "jobs", [ignored])
    measure("held if each call is awaited", "jobs", [waited])
    measure("held with calls ahead", "jobs", [went_ahead])


def test_max_concurrency_makes_no_caller_wait_and_refuses_none() -> None:
    """When five jobs have filled the poller, 35 calls are made and wait; all get done."""
    store = piling.JobStore.remote()
    limited: Any = bounded.BoundedPoller
    poller = limited.options(max_concurrency=3).remote(store)
    poller.run.remote()
    for job in range(5):  # one in hand, so `run` has its place, and four in the queue
        ray.get(poller.add.remote(job), timeout=30)
    refs = [poller.add.remote(job) for job in range(5, 40)]
    assert not ray.wait(refs, timeout=1)[0]
    ray.get(store.open.remote(), timeout=30)
    ray.get(refs, timeout=30)
    assert sorted(piling.wait_until_finished(store, 40)) == list(range(40))


def test_a_limit_of_pending_calls_refuses_and_the_producer_keeps_the_job() -> None:
    """`run` and four jobs are pending, the others are kept and offered again: none is lost."""
    store = piling.JobStore.remote()
    poller = refused.RefusingPoller.remote(store)
    pending = [poller.run.remote(), *(poller.add.remote(job) for job in range(3))]
    assert not ray.wait(pending, timeout=1)[0]
    kept = refused.produce_or_keep(poller, range(3, 40))
    assert kept == list(range(4, 40))
    assert ray.get(store.list_finished.remote(), timeout=30) == []
    ray.get(store.open.remote(), timeout=30)
    assert sorted(piling.wait_until_finished(store, 4)) == [0, 1, 2, 3]
    deadline = time.monotonic() + 30
    while kept and time.monotonic() < deadline:
        kept = refused.produce_or_keep(poller, kept)
        time.sleep(0.02)
    assert sorted(piling.wait_until_finished(store, 40)) == list(range(40))


def test_a_put_waits_until_a_get_makes_room() -> None:
    """A fifth job gets into a queue of four when one has left it, and by no other way."""
    produce: Any = ray.remote(shared.produce_into)
    queue = Queue(maxsize=4)
    ray.get(produce.remote(queue, [1, 2, 3, 4]), timeout=30)
    with pytest.raises(Full):
        queue.put(5, timeout=0.2)
    with pytest.raises(Full):
        queue.put(5, block=False)
    producing = produce.remote(queue, [6])
    assert not ray.wait([producing], timeout=1)[0]
    assert queue.size() == 4
    assert queue.get() == 1
    ray.get(producing, timeout=30)
    assert queue.size() == 4
    assert [queue.get() for _ in range(4)] == [2, 3, 4, 6]


def test_a_get_that_was_given_up_takes_a_job(
    wait_until: Callable[[Callable[[], bool]], None],
) -> None:
    """The job leaves the queue and nobody has it, unless the queue itself kept the time."""
    queue = Queue()
    left_behind.let_the_queue_give_up(queue)
    queue.put(1)
    assert queue.get(timeout=30) == 1
    left_behind.give_up(queue)
    queue.put(2)
    wait_until(queue.empty)


@pytest.mark.parametrize("module", PRINTED)
def test_main_prints_what_is_held(run_snippet: Callable[..., str], module: str) -> None:
    """Each module, run by hand, prints the same counts each time."""
    assert run_snippet(f"snippets.queues_and_back_pressure.{module}") == PRINTED[module]
