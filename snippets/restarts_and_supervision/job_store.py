"""A store that hands out again what was left, but not for ever."""

import time
from collections import Counter

import ray


@ray.remote
class JobStore:
    """Stands in for a queue, or for a table of a database."""

    def __init__(self, jobs, most_tries=3):
        self.most_tries = most_tries
        self.ready = list(range(1, jobs + 1))
        self.in_hand = {}
        self.finished = []
        self.set_aside = []
        self.tries = Counter()

    def claim(self, poller):
        """Hand out a job; at first one that this poller has left."""
        for job, holder in list(self.in_hand.items()):
            if holder == poller:
                self.give_back(job)
        while self.ready:
            job = self.ready.pop(0)
            if self.tries[job] < self.most_tries:
                self.tries[job] += 1
                self.in_hand[job] = poller
                return job
            self.set_aside.append(job)
        return None

    def give_back(self, job):
        del self.in_hand[job]
        self.ready.insert(0, job)

    def finish(self, job):
        del self.in_hand[job]
        self.finished.append(job)

    def jobs(self):
        return {
            "ready": self.ready,
            "in hand": list(self.in_hand),
            "finished": self.finished,
            "set aside": self.set_aside,
            "begun again": [
                job for job, tries in self.tries.items() if tries > 1
            ],
        }


# region driver
def wait_for_job(job, where, store, seconds=60):
    """Wait until a job is where it should come to."""
    deadline = time.monotonic() + seconds
    jobs = {where: []}
    while job not in jobs[where]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"job {job} is not {where}: {jobs}")
        time.sleep(0.05)  # between two looks
        jobs = ray.get(store.jobs.remote())


def report(store):
    """Print where there are jobs, and which."""
    for where, jobs in ray.get(store.jobs.remote()).items():
        if jobs:
            print(f"{where}: {jobs}")


# endregion driver
