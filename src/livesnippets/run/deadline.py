"""End a test that hangs, also inside ``ray.get``.

Ray runs Python's signal handlers while it blocks, yet drops what they raise,
save `KeyboardInterrupt`. So that is what the alarm raises, and what the
plugin turns into an ordinary failure of the one test.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING

import pytest
import pytest_timeout

from livesnippets.watch.coroutines import coroutines

if TYPE_CHECKING:
    from collections.abc import Generator

AGAIN_SECONDS = 5  # in case that the test itself swallowed the first interrupt


class Deadline:
    """Registered with pytest, stands in for pytest-timeout's own timer."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.expired = False
        self.coroutines = ""
        """Where those of this process stood when the time was up."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_set_timer(
        self, item: pytest.Item, settings: pytest_timeout.Settings
    ) -> bool | None:
        """Set the alarm; the method ``thread`` is left to pytest-timeout."""
        if settings.method != "signal":
            return None
        self.seconds, self.expired, self.coroutines = settings.timeout, False, ""
        item.cancel_timeout = self.cancel  # type: ignore[attr-defined] # pytest-timeout calls it
        signal.signal(signal.SIGALRM, self._expire)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, AGAIN_SECONDS)
        return True

    def cancel(self) -> None:
        """Switch the alarm off."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Cover a test's set-up."""
        try:
            return (yield)
        except KeyboardInterrupt as interrupt:
            self._fail_if_expired(interrupt)
            raise

    pytest_runtest_call = pytest_runtest_setup
    pytest_runtest_teardown = pytest_runtest_setup

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Take out of a test's time what is not the test's; it has all its time afterwards."""
        runs = signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0
        try:
            yield
        finally:
            if runs:
                signal.setitimer(signal.ITIMER_REAL, self.seconds, AGAIN_SECONDS)

    def _fail_if_expired(self, interrupt: KeyboardInterrupt) -> None:
        """Fail where the test was interrupted: there it stood."""
        if self.expired:
            self.cancel()
            failed = pytest.fail.Exception(f"Timeout: still running after {self.seconds:g} s")
            raise failed.with_traceback(interrupt.__traceback__) from None

    def _expire(self, _signal: int, _frame: object) -> None:
        __tracebackhide__ = True
        if not pytest_timeout.is_debugging():
            self.expired = True
            self.coroutines = coroutines()  # asyncio is about to cancel them
            raise KeyboardInterrupt
