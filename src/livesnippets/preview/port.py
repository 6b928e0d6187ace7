"""The address that the preview listens on: one of this machine alone."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(wanted: int, tries: int = 100) -> socket.socket:
    """Return a socket on `wanted`, or on the next port that is free; raises `OSError`."""
    for port in range(wanted, wanted + tries):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
            bound.listen(128)
        except (OSError, OverflowError) as error:
            bound.close()
            last = error
        else:
            return bound
    raise last
