"""A client of a board: it follows jobs, with one call at a time."""

import logging
import time

import ray

logger = logging.getLogger(__name__)


async def follow(board, jobs, on_news):
    """Await `on_news` for each job that has changed, for ever."""
    known = dict.fromkeys(jobs)  # no snapshot of any
    while True:
        news = await board.listen.remote(known)
        for job, (snapshot, state) in news.items():
            known[job] = snapshot
            try:
                await on_news(job, state)
            except Exception:  # the next news may be fine
                logger.exception("%s is %s: not taken in", job, state)


@ray.remote
class Poller:
    """Follows jobs, and answers meanwhile."""

    def __init__(self, board):
        self.board = board
        self.heard = []

    async def run(self, jobs):
        await follow(self.board, jobs, self.on_news)

    async def on_news(self, job, state):
        self.heard.append((job, state))

    async def progress(self):
        return self.heard


# region driver
def wait_until_heard(poller, count):
    """Return what a poller has heard, when it is so much."""
    heard = []
    while len(heard) < count:
        time.sleep(0.05)
        heard = ray.get(poller.progress.remote())
    return heard


def post_three_times(board):
    """Post a state when the last has been heard; return them."""
    poller = Poller.remote(board)
    poller.run.remote(["job 1"])
    for count, state in enumerate(["queued", "running", "done"], 1):
        ray.get(board.post.remote("job 1", state))
        heard = wait_until_heard(poller, count)
    return heard


def main(board_class):
    board = board_class.remote()
    for job, state in post_three_times(board):
        print(f"heard: {job} is {state}")
    print("calls answered:", ray.get(board.progress.remote()))


# endregion driver
