"""What an actor does before its process ends, and when it cannot."""

import asyncio
import tempfile
import time
from pathlib import Path

import ray


@ray.remote
class Poller:
    """Keeps a file open, and closes it if it is allowed to."""

    def __init__(self, log):
        self.log = Path(log).open("a", buffering=1)
        self.stopping = asyncio.Event()

    async def run(self):
        self.log.write("run begins\n")
        try:
            while not self.stopping.is_set():
                await asyncio.sleep(0.1)  # it would poll here
            self.log.write("run returns\n")
        except asyncio.CancelledError:
            self.log.write("run is cancelled\n")
            raise

    async def stop(self):
        self.stopping.set()

    def __ray_shutdown__(self):
        self.log.write("file is closed\n")
        self.log.close()


# region driver
def wait_for(line, log, seconds=30):
    """Wait until a line is in the file."""
    deadline = time.monotonic() + seconds
    text = ""
    while line not in text:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{log} does not say: {line}")
        time.sleep(0.02)  # between two looks
        text = log.read_text()


def main():
    with tempfile.TemporaryDirectory() as folder:
        names = ("stopped", "cancelled", "killed")
        logs = [Path(folder) / name for name in names]
        pollers = [Poller.remote(log) for log in logs]
        ray.get([each.__ray_ready__.remote() for each in pollers])
        loops = [each.run.remote() for each in pollers]
        for log in logs:
            wait_for("run begins", log)

        stopped, cancelled, killed = pollers
        stopped.stop.remote()
        ray.cancel(loops[1], recursive=False)
        ray.kill(killed)
        ray.wait(loops, num_returns=3, timeout=30)
        stopped.__ray_terminate__.remote()
        cancelled.__ray_terminate__.remote()
        for log in logs[:2]:
            wait_for("file is closed", log)
        for log in logs:
            lines = log.read_text().splitlines()
            print(f"{log.name}:", ", ".join(lines))


if __name__ == "__main__":
    main()
# endregion driver
