"""Three ways to collect the answers to ten queries."""

# region database
import asyncio
import time

import ray


@ray.remote
class Database:
    """Answers many queries at once, each after a tenth of a second."""

    def __init__(self):
        self.running = 0
        self.most_running = 0

    async def query(self, number):
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0.1)
        self.running -= 1
        return number * number

    async def take_most_running(self):
        most, self.most_running = self.most_running, 0
        return most


# endregion database


def one_by_one(database):
    answers = []
    for number in range(10):
        ref = database.query.remote(number)
        answers.append(ray.get(ref))  # waits, with no other query sent
    return answers


def all_at_once(database):
    refs = [database.query.remote(number) for number in range(10)]
    return ray.get(refs)


def few_at_a_time(database, few=4):
    numbers, refs = list(range(10)), []
    while numbers or refs:
        if numbers and len(refs) < few:
            refs.append(database.query.remote(numbers.pop(0)))
        else:
            done, refs = ray.wait(refs)
            yield ray.get(done[0])  # it has come already


# region measure
def measure(collect, database):
    """Print what one way to collect the answers takes."""
    start = time.monotonic()
    for _ in collect(database):
        pass  # whatever is to be done with an answer
    seconds = time.monotonic() - start
    most = ray.get(database.take_most_running.remote())
    print(f"{collect.__name__}: {seconds:.1f} s, most at once: {most}")


def main():
    database = Database.remote()
    ray.get(database.take_most_running.remote())  # it has started
    measure(one_by_one, database)
    measure(all_at_once, database)
    measure(few_at_a_time, database)


if __name__ == "__main__":
    main()
# endregion measure
