"""A data store to poll: each of its items takes a moment."""

import time

import ray


@ray.remote
class DataStore:
    """Stands in for a database that always has one more item."""

    def __init__(self):
        self.fetched = 0

    def fetch(self):
        time.sleep(0.05)  # the query
        self.fetched += 1
        return f"item {self.fetched}"

    def count_fetched(self):
        return self.fetched


def main():
    data_store_actor = DataStore.remote()
    refs = [data_store_actor.fetch.remote() for _ in range(3)]
    print("fetched:", ", ".join(ray.get(refs)))


if __name__ == "__main__":
    main()
