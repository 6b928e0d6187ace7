"""Two callers want one poller: each looks first, or Ray does."""

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
def main():
    found = [look("first"), look("first")]  # neither caller finds one
    for caller, poller in enumerate(found, start=1):
        try:
            found[caller - 1] = poller or create("first")
        except ValueError:
            print(f"caller {caller} cannot create it")
    print(f"look, then create: {2 - found.count(None)} of 2 get it")

    pollers = [get_or_create("second"), get_or_create("second")]
    jobs = ray.get([poller.add.remote() for poller in pollers])
    print(f"get_if_exists: 2 of 2 get it, and it has {max(jobs)} jobs")


if __name__ == "__main__":
    main()
# endregion driver
