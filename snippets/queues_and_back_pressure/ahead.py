"""A producer with a few calls under way, and never more."""

import ray

from snippets.queues_and_back_pressure.bounded import BoundedPoller
from snippets.queues_and_back_pressure.piling import most_held


def produce_ahead(poller, jobs, ahead=3):
    """Have up to three calls under way."""
    pending = []
    for job in jobs:
        if len(pending) == ahead:
            ready, pending = ray.wait(pending)
            ray.get(ready)  # raises if the call has failed
        pending.append(poller.add.remote(job))
    ray.get(pending)


# region driver
def main():
    # four in the queue, one in hand, three calls of each producer
    most = most_held(BoundedPoller, produce_ahead, full=4 + 1 + 6)
    print(f"most jobs held at once: {most} of 40")


if __name__ == "__main__":
    main()
# endregion driver
