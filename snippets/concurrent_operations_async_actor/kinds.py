"""One endless loop in five kinds of actor, each of them asked."""

import asyncio
import statistics
import threading
import time

import ray


def work():
    """Compute for 20 milliseconds, not counting time lost to others."""
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass


# region loops
def wait_for_ever():
    while True:
        time.sleep(0.02)


def compute_for_ever():
    while True:
        work()


async def wait_for_ever_async():
    while True:
        await asyncio.sleep(0.02)


async def compute_for_ever_async():
    while True:
        work()
        await asyncio.sleep(0)  # lets others in


# endregion loops


# region kinds
@ray.remote
class PlainActor:
    def run(self, loop):
        loop()

    def other_task(self):
        return "answer"


ThreadedActor = PlainActor.options(max_concurrency=2)


@ray.remote
class AsyncActor:
    async def run(self, loop):
        await loop()

    async def other_task(self):
        return "answer"


@ray.remote(concurrency_groups={"polling": 1})
class ActorWithGroup:
    @ray.method(concurrency_group="polling")
    def run(self, loop):
        loop()

    def other_task(self):
        return "answer"


@ray.remote
class ActorWithThread:
    def run(self, loop):
        threading.Thread(target=loop, daemon=True).start()

    def other_task(self):
        return "answer"


# endregion kinds


# region measure
KINDS = {
    "plain actor": PlainActor,
    "async actor": AsyncActor,
    "threaded actor": ThreadedActor,
    "concurrency group": ActorWithGroup,
    "background thread": ActorWithThread,
}
LOOPS = {
    "waits": (wait_for_ever, wait_for_ever_async),
    "computes": (compute_for_ever, compute_for_ever_async),
}


def time_answers(kind, loop, probes=15):
    """Return the seconds until each answer; none if there is none."""
    actor = kind.remote()
    ray.get(actor.other_task.remote())  # it takes calls
    actor.run.remote(loop)
    took = []
    try:
        for probe in range(probes):
            time.sleep(0.03 + probe / 1000)  # at any point of a turn
            start = time.monotonic()
            ray.get(actor.other_task.remote(), timeout=2)
            took.append(time.monotonic() - start)
    except ray.exceptions.GetTimeoutError:
        pass
    finally:
        ray.kill(actor)
    return took


def main():
    for name, kind in KINDS.items():
        for does, (loop, async_loop) in LOOPS.items():
            used = async_loop if kind is AsyncActor else loop
            took = time_answers(kind, used)
            told = "no answer"
            if took:
                told = f"{1000 * statistics.median(took):.1f} ms"
            print(f"{name}, loop {does}: {told}")


if __name__ == "__main__":
    main()
# endregion measure
