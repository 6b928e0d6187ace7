"""Calls of one caller need not run in the order of the calls."""

import ray


@ray.remote
class PlainLog:
    """Notes the numbers that it is called with."""

    def __init__(self):
        self.numbers = []

    def note(self, number):
        self.numbers.append(number)

    def get_numbers(self):
        return self.numbers


@ray.remote
class AsyncLog:
    """Does the same in an async actor."""

    def __init__(self):
        self.numbers = []

    async def note(self, number):
        self.numbers.append(number)

    async def get_numbers(self):
        return self.numbers


def note_in_turn(log, calls=100):
    """Call note once for each number; return the numbers as noted."""
    ray.get([log.note.remote(number) for number in range(calls)])
    return ray.get(log.get_numbers.remote())[-calls:]


def main():
    for kind in (PlainLog, AsyncLog):
        log = kind.remote()
        rounds = [note_in_turn(log) for _ in range(10)]
        in_order = [numbers == sorted(numbers) for numbers in rounds]
        name = "plain" if kind is PlainLog else "async"
        print(f"{name} actor, ten times in order: {all(in_order)}")


if __name__ == "__main__":
    main()
