"""Another way out: a thread that polls beside the actor's own."""

# region imports
import threading
from concurrent.futures import ThreadPoolExecutor

import ray

# endregion imports
from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


@ray.remote
class LongPollingActorWithThread:
    """Polls the data store on a second thread."""

    def __init__(self, data_store_actor):
        self.data_store_actor = data_store_actor
        self.last_processed = None
        self.stopping = threading.Event()
        self.second_thread = ThreadPoolExecutor(max_workers=1)
        self.polling = None

    def run(self):
        if self.polling is not None:
            raise RuntimeError("run is polling already")
        self.polling = self.second_thread.submit(self._poll)

    def _poll(self):
        while not self.stopping.is_set():
            data = ray.get(self.data_store_actor.fetch.remote())
            self._process(data)

    def _process(self, data):
        self.last_processed = data
        self.data_store_actor.mark_processed.remote()

    def other_task(self):
        return self.last_processed

    def stop(self):
        self.stopping.set()
        if self.polling is not None:
            self.polling.result()  # the loop's error, if it died of one
        return self.last_processed


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = LongPollingActorWithThread.remote(data_store_actor)
    ask_while_polling(poller, data_store_actor)
    last = ray.get(poller.stop.remote(), timeout=30)
    print(f"stopped after {last}")


if __name__ == "__main__":
    main()
# endregion driver
