"""A driver that asks an actor a question while its loop polls."""

import time

import ray


# region progress
def wait_for_items(count, data_store_actor, polling, seconds=30):
    """Wait until `count` more items are done; return how many are."""
    _, processed = ray.get(data_store_actor.count.remote())
    goal = processed + count
    deadline = time.monotonic() + seconds
    while processed < goal:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{processed} items, and no more come")
        ended, _ = ray.wait([polling], timeout=0.05)
        ray.get(ended)  # the loop's error, if it died of one
        _, processed = ray.get(data_store_actor.count.remote())
    return processed


# endregion progress


# region question
def ask_while_polling(poller, data_store_actor):
    """Call other_task when the loop has done two items, then wait."""
    polling = poller.run.remote()
    processed = wait_for_items(2, data_store_actor, polling)
    print(f"run is polling: {processed} items processed")
    try:
        answer = ray.get(poller.other_task.remote(), timeout=2)
        print(f"other_task answered: {answer}")
    except ray.exceptions.GetTimeoutError as error:
        print(f"other_task did not answer: {error!r}")
    processed = wait_for_items(2, data_store_actor, polling)
    print(f"run is still polling: {processed} items processed")
    return polling


# endregion question
