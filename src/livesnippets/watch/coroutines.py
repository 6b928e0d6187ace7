"""Say where coroutines wait, which faulthandler cannot: it knows threads.

Only the standard library is used here, because every Ray worker imports this.
"""

from __future__ import annotations

import gc
import threading
from types import AsyncGeneratorType, CoroutineType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

HEAD = "Coroutine (most recent call first):"
END = "There is no other coroutine.\n"


def coroutines() -> str:
    """Return the place of each coroutine of this process, in faulthandler's words."""
    places: dict[str, None] = {}  # a thousand may wait in one line
    for each in gc.get_objects():
        if type(each) is CoroutineType:
            frame = each.cr_frame
        elif type(each) is AsyncGeneratorType:
            frame = each.ag_frame
        else:
            continue
        if frame is not None:
            code = frame.f_code
            places[f'File "{code.co_filename}", line {frame.f_lineno} in {code.co_name}'] = None
    return "".join(f"{HEAD}\n  {place}\n" for place in places)


def answer(asked: Path, answers: TextIO) -> None:
    """Write the coroutines to `answers` whenever somebody opens the FIFO `asked` to write."""
    threading.Thread(target=_answer, args=(asked, answers), daemon=True).start()


def _answer(asked: Path, answers: TextIO) -> None:
    while True:
        asked.open().close()  # waits for who asks
        answers.write(f"{coroutines()}{END}")
        answers.flush()
