"""An endless loop, ended through the ref of its call."""

import ray

from snippets.concurrent_operations_async_actor.answering import (
    LongPollingActorAsync,
)
from snippets.concurrent_operations_async_actor.asking import (
    ask_while_polling,
)
from snippets.concurrent_operations_async_actor.data_store import (
    DataStore,
)


# region driver
def main():
    data_store_actor = DataStore.remote()
    poller = LongPollingActorAsync.remote(data_store_actor)
    polling = ask_while_polling(poller, data_store_actor)
    ray.cancel(polling)
    try:
        ray.get(polling, timeout=30)
    except ray.exceptions.TaskCancelledError:
        print("run is cancelled")
    answer = ray.get(poller.other_task.remote(), timeout=30)
    print(f"other_task answers as before: {answer}")
    fetched, _ = ray.get(data_store_actor.count.remote())
    print(f"items fetched: {fetched}")


if __name__ == "__main__":
    main()
# endregion driver
