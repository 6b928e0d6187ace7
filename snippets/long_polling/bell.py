"""An event alone: what happens between two calls is not heard."""

import asyncio
import time

import ray

from snippets.long_polling.parked import JobBoard


@ray.remote
class BellBoard:
    """Rings when a state changes, and asks nobody what they know."""

    def __init__(self):
        self.states = {}
        self.bell = asyncio.Event()
        self.waiting = 0

    async def post(self, job, state):
        self.states[job] = state
        self.bell.set()
        self.bell.clear()

    async def listen(self, known):
        self.waiting += 1
        await self.bell.wait()
        self.waiting -= 1
        return {job: (None, self.states[job]) for job in known}

    async def count_parked(self, _job):
        return self.waiting


# region driver
def listen_twice(board, job="job 1"):
    """Yield what each of two calls hears."""
    listening = board.listen.remote({job: None})
    parked = 0
    while parked < 1:
        time.sleep(0.05)
        parked = ray.get(board.count_parked.remote(job))
    ray.get(board.post.remote(job, "running"))
    snapshot, state = ray.get(listening)[job]
    yield state
    ray.get(board.post.remote(job, "done"))  # between two calls
    listening = board.listen.remote({job: snapshot})
    try:
        snapshot, state = ray.get(listening, timeout=2)[job]
        yield state
    except ray.exceptions.GetTimeoutError:
        yield "nothing within 2 seconds"


def main():
    for name, board_class in (
        ("an event alone", BellBoard),
        ("with snapshot ids", JobBoard),
    ):
        heard = ", then ".join(listen_twice(board_class.remote()))
        print(f"{name}: {heard}")


if __name__ == "__main__":
    main()
# endregion driver
