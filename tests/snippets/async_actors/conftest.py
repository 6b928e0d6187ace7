"""A way to see whether an actor answers while it works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ray

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def overtakes() -> Callable[[Any, Any], bool]:
    """Return a function that tells whether a quick call ends before a long one."""

    def check(quick: Any, long: Any) -> bool:
        ended, _ = ray.wait([quick, long], timeout=30)
        return bool(ended == [quick])

    return check
