"""A data store to poll: each of its items takes a moment."""

import time

import ray


@ray.remote
class DataStore:
    """Stands in for a database that always has one more item."""

    def __init__(self):
        self.fetched = 0
        self.processed = 0

    def fetch(self):
        time.sleep(0.05)  # the query
        self.fetched += 1
        return f"item {self.fetched}"

    def mark_processed(self):
        self.processed += 1

    def count(self):
        return self.fetched, self.processed


def main():
    data_store_actor = DataStore.remote()
    refs = [data_store_actor.fetch.remote() for _ in range(3)]
    print("fetched:", ", ".join(ray.get(refs)))


if __name__ == "__main__":
    main()
