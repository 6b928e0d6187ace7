"""Which lines of a module leave code behind, and which of them are one statement."""

from __future__ import annotations

from itertools import groupby

type Spans = list[list[int]]
"""The first and the last line of each statement that leaves code behind; evidence keeps them."""


def find(text: str, path: str) -> Spans:
    """Find the statements as coverage.py has them; raises `ValueError` if it is not Python."""
    # To load it takes longer than all of this package; a build with current evidence need not.
    from coverage.exceptions import NotPython  # noqa: PLC0415 - see above
    from coverage.parser import PythonParser  # noqa: PLC0415 - see above

    parser = PythonParser(text=text, filename=path)
    try:
        parser.parse_source()
    except NotPython as error:
        raise ValueError(str(error)) from error
    lines = range(1, text.count("\n") + 2)
    runs = ((first, list(run)) for first, run in groupby(lines, parser.first_line))
    return [[first, run[-1]] for first, run in runs if first in parser.statements]


def by_line(spans: Spans) -> dict[int, int]:
    """Return for each line of a statement the statement's first line."""
    return {line: first for first, last in spans for line in range(first, last + 1)}
