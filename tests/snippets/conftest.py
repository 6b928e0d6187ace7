"""What every snippet test gets: a Ray job of its own, and a way to wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _in_a_ray_job(ray_job: None) -> None:
    """Run each test as a Ray job of its own, which ends with the test."""


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that waits for a condition, and fails when half a minute has passed."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true in 30 s"
            time.sleep(0.02)  # between two looks

    return wait
