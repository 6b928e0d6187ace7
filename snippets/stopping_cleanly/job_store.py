"""A store of jobs that knows which of them are in hand."""

import time

import ray


@ray.remote
class JobStore:
    """Stands in for a queue, or for a table of a database."""

    def __init__(self, jobs):
        self.ready = list(range(1, jobs + 1))
        self.in_hand = []
        self.finished = []

    def claim(self):
        if not self.ready:
            return None
        job = self.ready.pop(0)
        self.in_hand.append(job)
        return job

    def finish(self, job):
        self.in_hand.remove(job)
        self.finished.append(job)

    def give_back(self, job):
        self.in_hand.remove(job)
        self.ready.insert(0, job)

    def jobs(self):
        return self.ready, self.in_hand, self.finished


# region driver
def wait_for_claim(store, seconds=30):
    """Wait until the store has handed out a job."""
    deadline = time.monotonic() + seconds
    in_hand = []
    while not in_hand:
        if time.monotonic() > deadline:
            raise TimeoutError("nobody has claimed a job")
        time.sleep(0.02)  # between two looks
        _, in_hand, _ = ray.get(store.jobs.remote())


def report(store):
    """Print which jobs are where."""
    ready, in_hand, finished = ray.get(store.jobs.remote())
    print(f"ready {ready}, in hand {in_hand}, finished {finished}")


# endregion driver
