"""A bench on which jobs lie that pollers work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path, wait_until: Callable[[Callable[[], bool]], None]) -> Bench:
    """Return a bench without a job."""
    return Bench(tmp_path, wait_until)
