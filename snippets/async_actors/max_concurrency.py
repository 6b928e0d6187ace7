"""How many calls of an async actor can be under way at once."""

import asyncio

import ray


@ray.remote
class WaitingRoom:
    """Keeps its callers waiting until one of them opens the door."""

    def __init__(self):
        self.waiting = 0
        self.door = asyncio.Event()

    async def wait(self):
        self.waiting += 1
        await self.door.wait()

    async def count_waiting(self):
        return self.waiting

    async def open(self):
        self.door.set()
        return f"opened for {self.waiting}"


def open_beside(callers, room):
    """Let `callers` wait, then try to open the door for them."""
    for _ in range(callers - 1):
        room.wait.remote()
    waiting = 0
    while waiting < callers - 1:
        waiting = ray.get(room.count_waiting.remote())
    room.wait.remote()  # it may take the last place
    try:
        while waiting < callers:
            ref = room.count_waiting.remote()
            waiting = ray.get(ref, timeout=2)
        return ray.get(room.open.remote(), timeout=2)
    except ray.exceptions.GetTimeoutError:
        return "no place for another call within 2 seconds"
    finally:
        ray.kill(room)


def main():
    small = WaitingRoom.options(max_concurrency=3)
    print("2 of 3 places taken:", open_beside(2, small.remote()))
    print("3 of 3 places taken:", open_beside(3, small.remote()))
    print("999 by default:", open_beside(999, WaitingRoom.remote()))
    print("1000 by default:", open_beside(1000, WaitingRoom.remote()))


if __name__ == "__main__":
    main()
