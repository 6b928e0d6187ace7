"""An actor that outlives its driver, and how others find and end it."""

import asyncio

import ray


@ray.remote
class Poller:
    """Polls for ever; here it only counts."""

    def __init__(self):
        self.jobs = 0

    async def run(self):
        while True:
            self.jobs += 1
            await asyncio.sleep(0.01)

    async def progress(self):
        return self.jobs


# region begin
def begin(namespace, lifetime):
    """What the first driver does, before it ends."""
    poller = Poller.options(
        name="poller", namespace=namespace, lifetime=lifetime
    ).remote()
    poller.run.remote()
    return ray.get(poller.progress.remote())


# endregion begin


# region later
def find(namespace):
    """What a later driver does; raises ValueError if there is none."""
    return ray.get_actor("poller", namespace=namespace)


def end(namespace):
    ray.kill(find(namespace))


# endregion later
