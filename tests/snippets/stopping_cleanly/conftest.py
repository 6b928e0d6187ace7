"""A bench on which jobs lie that pollers work on, and a way to cancel a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import ray

from tests.support.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]) -> Bench:
    """Return a bench without a job."""
    return Bench(tmp_path, wait_until)


@pytest.fixture
def cancel() -> Callable[[Any], None]:
    """Return a function that cancels a loop, and waits until it has ended."""

    def cancel(polling: Any) -> None:
        ray.cancel(polling, recursive=False)
        with pytest.raises(ray.exceptions.TaskCancelledError):
            ray.get(polling, timeout=30)

    return cancel
