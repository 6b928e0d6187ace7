"""Wait for a condition, never for time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable


def wait_until(
    condition: Callable[[], object],
    what: Callable[[], str],
    seconds: float = 60,
    program: subprocess.Popen[Any] | None = None,
) -> None:
    """Wait until a condition holds; when the time is up, fail with what was waited for.

    It fails at once when the `program` has ended that was to bring it about.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert program is None or program.poll() is None, f"it ended before {what()}"
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what()}"
        time.sleep(0.02)  # between two looks
