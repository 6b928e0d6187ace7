"""A thread that waits leaves the event loop alone; one that stays in C code may stop it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
import ray

from snippets.async_actors import gil_held

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.alone  # it measures
def test_one_call_of_c_code_holds_the_loop_up_and_sleeping_does_not() -> None:
    """Beside `add` it is later by far than beside a sleep, Python code, or deriving a key."""
    worker = gil_held.Worker.remote()

    def derive() -> None:  # also one call of C code, as long as `add`
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 500_000)

    beside_sleep, beside_count, beside_derive, beside_add = (
        ray.get(worker.worst_delay.remote(work))
        for work in (gil_held.sleep, gil_held.count, derive, gil_held.add)
    )
    assert beside_add > 3 * beside_sleep
    assert beside_add > 3 * beside_count
    assert beside_add > 3 * beside_derive


@pytest.mark.alone  # its output is shown, and holds what it measures
def test_main_prints_how_late_the_loop_is(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, compares the three."""
    printed = run_snippet("snippets.async_actors.gil_held", varying=["decimal"])
    works = re.findall(r"^(\w+): up to \d\.\d\d s late$", printed, re.MULTILINE)
    assert works == ["sleep", "count", "add"]
