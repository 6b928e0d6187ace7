"""A health check that waits behind the work of its actor."""

import time

import ray


# region jobs
@ray.remote
class JobStore:
    """Hands out jobs, which are numbers from 1 on."""

    def __init__(self):
        self.claimed = 0
        self.finished = 0

    def claim(self):
        self.claimed += 1
        return self.claimed

    def finish(self, _job):
        self.finished += 1

    def count(self):
        return self.claimed, self.finished


def work():
    time.sleep(0.3)  # a library that blocks


# endregion jobs


@ray.remote
class Poller:
    """Works on one job after the other."""

    def __init__(self, store):
        self.store = store
        self.working_on = None
        self.done = 0

    async def run(self):
        while True:
            job = await self.store.claim.remote()
            self._process(job)
            await self.store.finish.remote(job)

    def _process(self, job):
        self.working_on = job
        work()
        self.done += 1
        self.working_on = None

    async def check(self):
        return self.working_on


# region driver
def start(kind):
    """Return a poller that works on jobs."""
    store = JobStore.remote()
    poller = kind.remote(store)
    ray.get([store.count.remote(), poller.check.remote()])
    poller.run.remote()  # now that both have started
    return poller


def check_often(poller, checks=10):
    """Ask what the poller works on; return answers and seconds."""
    answers, seconds = [], []
    for _ in range(checks):
        time.sleep(0.07)  # at any point of a job
        start = time.monotonic()
        answers.append(ray.get(poller.check.remote()))
        seconds.append(time.monotonic() - start)
    return answers, seconds


def main(kind=Poller):
    poller = start(kind)
    answers, seconds = check_often(poller)
    during = len(answers) - answers.count(None)
    print(f"checks answered during a job: {during}")
    print(f"the slowest took {max(seconds):.2f} s")
    ray.kill(poller)


if __name__ == "__main__":
    main()
# endregion driver
