"""Several callers want one poller: each looks first, or Ray does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import ray


@ray.remote
class Poller:
    """Counts the jobs that it is given."""

    def __init__(self):
        self.jobs = 0

    async def add(self):
        self.jobs += 1
        return self.jobs


# region look
def look(name):
    try:
        return ray.get_actor(name)
    except ValueError:  # there is none
        return None


def create(name):
    return Poller.options(name=name).remote()


# endregion look


def get_or_create(name):
    return Poller.options(name=name, get_if_exists=True).remote()


# region driver
def look_then_create(looked, name):
    found = look(name)
    looked.wait()  # the worst case: by now all have looked
    return found or create(name)


def call(get, name):
    """Get a poller and give it a job, as each caller does."""
    poller = get(name)
    return poller, ray.get(poller.add.remote())


def call_at_once(get, name, callers=8):
    """Let many call at once; return what those got who got one."""
    with ThreadPoolExecutor(callers) as pool:
        calls = [pool.submit(call, get, name) for _ in range(callers)]
    return [each.result() for each in calls if not each.exception()]


def main():
    ray.init()  # once, and not by each thread
    ways = {
        "look, then create": partial(
            look_then_create, threading.Barrier(8)
        ),
        "get_if_exists": get_or_create,
    }
    for way, get in ways.items():
        got = call_at_once(get, name=way)
        most = max(jobs for _, jobs in got)
        print(f"{way}: {len(got)} of 8 get it, jobs: {most}")


if __name__ == "__main__":
    main()
# endregion driver
