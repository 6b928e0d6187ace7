"""Keep each Ray that is started here to itself: it joins nobody, and nobody joins it.

Ray's servers listen on the loopback interface, where every program of the machine
reaches them, and through a browser every web page. They answer only to who knows
the token of the run. It stands in the environment alone, which no other user can read.
"""

from __future__ import annotations

import secrets
from importlib import metadata

VARIABLES = {
    "RAY_ADDRESS": "local",  # whatever starts Ray by itself must not find another cluster
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),  # or Ray writes one into the home directory
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # listen on the loopback interface alone
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Set before Ray is imported, by the process that a run begins with; all others inherit them."""
FIRST_WITH_TOKENS = 2, 52


def warning() -> str:
    """Return what follows if the installed Ray cannot ask for a token, or else an empty text."""
    version = metadata.version("ray")
    major, minor, *_ = version.split(".")
    if (int(major), int(minor)) >= FIRST_WITH_TOKENS:
        return ""
    return (
        f"Ray {version} asks nobody for a token: while it runs, every web page and every user of "
        "this machine can have it run code as you; install Ray 2.52 or newer"
    )
