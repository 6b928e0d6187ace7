"""What every snippet test gets: a Ray job of its own, and a way to wait."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support import waiting

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _in_a_ray_job(ray_job: None) -> None:
    """Run each test as a Ray job of its own, which ends with the test."""


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return a function that waits for a condition, and fails when a minute has passed."""
    return partial(waiting.wait_until, what=lambda: "the condition", seconds=60)
