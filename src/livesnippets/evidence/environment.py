"""Where the tests ran: Ray, Python and the machine."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class Environment(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the tests ran."""

    ray: str
    """Ray's version, ``2.60.0``."""
    python: str
    """Python's version, ``3.13.0``."""
    platform: str
    """Operating system and processor, ``linux-x86_64``."""

    @property
    def slug(self) -> str:
        """A file name for this environment's evidence, without its suffix."""
        return f"{self.platform}-python{self.python}-ray{self.ray}"

    @property
    def in_full(self) -> str:
        """The words that messages use."""
        return f"Ray {self.ray}, Python {self.python}, {self.platform}"

    def __str__(self) -> str:
        """Return the words that pages use: ``Ray 2.60.0, Python 3.13``."""
        return f"Ray {self.ray}, Python {'.'.join(self.python.split('.')[:2])}"


def this_environment() -> Environment:
    """Describe this interpreter and the Ray that is installed for it, without importing Ray."""
    return Environment(
        ray=metadata.version("ray"),
        python=platform.python_version(),
        platform=f"{sys.platform}-{platform.machine()}",
    )


def locked_ray(lock: Path) -> str | None:
    """Return the version of Ray that the lock file pins, or None."""
    try:
        pins = re.search(r"^ray(?:\[[^]]*\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE)
    except OSError:
        return None
    return pins[1] if pins else None


def expected_environment(lock: Path) -> Environment:
    """Return the environment that evidence must come from: the Ray of the lock, this Python."""
    here = this_environment()
    return Environment(locked_ray(lock) or here.ray, here.python, here.platform)
