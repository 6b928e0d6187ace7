"""Have a worker forked by the fork server, or else start it Ray's own way.

The raylet waits for nothing here, but each worker does: only what is needed is imported.
"""

import os
import socket
import sys

FORKSERVER = "LIVESNIPPETS_FORKSERVER"
"""The environment variable that holds the path of the fork server's socket."""


def is_served() -> bool:
    """Ask the fork server for a worker with this process's arguments, environment and files."""
    request = repr((sys.argv[1:], dict(os.environ), os.getcwd())).encode()  # noqa: PTH109 - pathlib costs more
    with socket.socket(socket.AF_UNIX) as fork_server:
        try:
            fork_server.connect(os.environ[FORKSERVER])
            socket.send_fds(fork_server, [len(request).to_bytes(8)], [0, 1, 2])
            fork_server.sendall(request)
            return bool(fork_server.recv(1))
        except OSError:
            return False


if __name__ == "__main__" and not is_served():
    from livesnippets.watch.ray_names import SETUP_WORKER

    own_way = [sys.executable, "-P", "-m", SETUP_WORKER, *sys.argv[1:]]
    os.execv(sys.executable, own_way)  # noqa: S606 - no shell is wanted
