"""A window of the system's Chromium, in which an edit is to appear."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import Error, sync_playwright

from bench.process import FailedError
from tests.support import chromium as browsers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

LOOK_MILLISECONDS = 10
SETTLE_SECONDS = 1

HAS_TEXT = "text => document.body?.textContent.includes(text)"


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    found = browsers.find()
    if found is None:
        raise FailedError(browsers.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=browsers.OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Window:
    """A page in a window of its own, which reloads by itself."""

    page: Page

    @classmethod
    def open(cls, browser: Browser, address: str) -> Window:
        """Open an address; its server may still be about to listen."""
        page = browser.new_context().new_page()
        deadline = time.monotonic() + 60
        while True:
            try:
                page.goto(address)
            except Error as error:
                if time.monotonic() > deadline:
                    raise FailedError(f"{address} does not open: {error.message}") from error
                time.sleep(0.1)
            else:
                return cls(page)

    def wait(self, condition: str, argument: object = None, seconds: float = 120) -> None:
        """Wait until a condition, in JavaScript, is true of the page, reloaded or not."""
        try:
            self.page.wait_for_function(
                condition, arg=argument, polling=LOOK_MILLISECONDS, timeout=1000 * seconds
            )
        except Error as error:
            raise FailedError(f"{self.page.url} did not show the edit: {error.message}") from error

    def close(self) -> None:
        """Close the window."""
        self.page.context.close()

    def time(self, edit: Callable[[], object], condition: str, argument: object) -> float:
        """Return the seconds from an edit until the page shows it; then let all come to rest."""
        start = time.perf_counter()
        edit()
        self.wait(condition, argument)
        seconds = time.perf_counter() - start
        time.sleep(SETTLE_SECONDS)
        return seconds
