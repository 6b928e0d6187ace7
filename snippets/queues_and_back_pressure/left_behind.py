"""A `get` that nobody waits for any more, and the job it takes."""

import asyncio
import time

from ray.util.queue import Empty, Queue


def give_up(queue):
    """Wait for a job, but for no more than a second."""

    async def get():
        await asyncio.wait_for(queue.get_async(), timeout=1)

    try:
        asyncio.run(get())
    except TimeoutError:
        print("gave up with asyncio")


def let_the_queue_give_up(queue):
    """Wait for a job as long, and let the queue keep the time."""
    try:
        queue.get(timeout=1)
    except Empty:
        print("gave up with the queue")


# region driver
def main():
    queue = Queue()
    give_up(queue)
    queue.put(1)
    waiting = 1
    while waiting:
        time.sleep(0.05)
        waiting = queue.size()
    print("job 1 is gone, and nobody has it")
    let_the_queue_give_up(queue)
    queue.put(2)
    print(f"job {queue.get()} is there")


if __name__ == "__main__":
    main()
# endregion driver
