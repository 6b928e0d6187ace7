"""Which lines of a block differ from an earlier one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from livesnippets.source.module import split_lines

if TYPE_CHECKING:
    from livesnippets.source.module import Excerpt


def changed(old: Excerpt, new: Excerpt) -> tuple[int, ...]:
    """Return the numbers, in their file, of the lines of `new` that are not in `old` as well.

    What `new` has no longer, it cannot show.
    """
    before, after = split_lines(old.text), split_lines(new.text)
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(
        number
        for kind, _, _, first, end in changes
        if kind != "equal"
        for line, number in zip(after[first:end], new.numbers[first:end], strict=True)
        if line.strip()
    )
