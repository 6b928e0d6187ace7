"""A cancel leaves the job in hand where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording


@pytest.mark.recording("cancelled_loop", begin="Poller.run")
def test_main_prints_that_the_job_stays_in_hand(
    run_snippet: Callable[..., str], recorded: Callable[[], Recording]
) -> None:
    """The module, run by hand, cancels `run` amid its first job, which nobody finishes."""
    assert run_snippet("snippets.stopping_cleanly.cancelled").splitlines() == [
        "run is cancelled",
        "ready [2, 3], in hand [1], finished []",
    ]
    seen = recorded()
    (run,) = seen.of("Poller.run")
    assert run.stop
    assert not seen.of("JobStore.finish")
