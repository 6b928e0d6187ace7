"""Many clients of one board: what an update costs, and takes."""

import asyncio
import time

import ray

from snippets.long_polling.following import follow
from snippets.long_polling.hasty import HastyBoard
from snippets.long_polling.parked import JobBoard
from snippets.long_polling.pausing import follow_with_pauses


@ray.remote
class Crowd:
    """So many clients, each a loop with calls of its own."""

    def __init__(self, board, clients):
        self.board = board
        self.clients = clients
        self.heard = {}

    async def run(self, follow):
        loops = [
            follow(self.board, ["job 1"], self.on_news)
            for _ in range(self.clients)
        ]
        await asyncio.gather(*loops)

    async def on_news(self, _job, state):
        self.heard.setdefault(state, []).append(time.monotonic())

    async def times(self, state):
        """Return when each client heard of it, once all have."""
        heard = []
        while len(heard) < self.clients:
            await asyncio.sleep(0.01)
            heard = self.heard.get(state, [])
        return heard


# region measure
def post(board, crowd, state):
    """Return the calls answered meanwhile, and each one's delay."""
    before = ray.get(board.progress.remote())
    start = time.monotonic()
    ray.get(board.post.remote("job 1", state))
    times = ray.get(crowd.times.remote(state))
    calls = ray.get(board.progress.remote()) - before
    return calls, [moment - start for moment in times]


def idle_calls(board, seconds=1):
    """Return how many calls a second are answered without news."""
    before, start = ray.get(board.progress.remote()), time.monotonic()
    time.sleep(seconds)
    calls = ray.get(board.progress.remote()) - before
    return calls / (time.monotonic() - start)


WAYS = {
    "asked on and on": (HastyBoard, follow),
    "with pauses": (HastyBoard, follow_with_pauses),
    "parked": (JobBoard, follow),
}


def meet(way, clients):
    """Return a board and its clients, which all know a state."""
    board_class, follow = WAYS[way]
    board = board_class.remote()
    crowd = Crowd.remote(board, clients)
    crowd.run.remote(follow)
    post(board, crowd, "queued")
    return board, crowd


# endregion measure
