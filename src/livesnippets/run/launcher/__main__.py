"""Have a worker forked by the nursery, or else start it Ray's own way.

The raylet waits for nothing here, but each worker does: only what is needed is imported.
"""

import os
import socket
import sys

NURSERY = "LIVESNIPPETS_NURSERY"
"""The environment variable that holds the path of the nursery's socket."""


def is_served() -> bool:
    """Ask the nursery for a worker with the arguments, environment and files of this process."""
    request = repr((sys.argv[1:], dict(os.environ), os.getcwd())).encode()  # noqa: PTH109 - pathlib costs more
    with socket.socket(socket.AF_UNIX) as nursery:
        try:
            nursery.connect(os.environ[NURSERY])
            socket.send_fds(nursery, [len(request).to_bytes(8)], [0, 1, 2])
            nursery.sendall(request)
            return bool(nursery.recv(1))
        except OSError:
            return False


if __name__ == "__main__" and not is_served():
    from livesnippets.watch.ray_names import SETUP_WORKER

    own_way = [sys.executable, "-P", "-m", SETUP_WORKER, *sys.argv[1:]]
    os.execv(sys.executable, own_way)  # noqa: S606 - no shell is wanted
