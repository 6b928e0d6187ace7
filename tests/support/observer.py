"""Run modules as they come, and tell which lines ran: by the recorder, by coverage.py, by itself.

A script for Pythons that have nothing installed. Each line of its input is ``[text, seed]``.
"""

from __future__ import annotations

import ast
import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import coverage

from livesnippets.source import parts, statements
from livesnippets.watch.lines import LineRecorder
from livesnippets.watch.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator


class Boom(Exception):  # noqa: N818 - it is no error
    """What a probe may raise."""


class Value:
    """Stands for whatever an expression needs, true or not."""

    swallowed = False
    """Whether one has ended an exception."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __bool__(self) -> bool:
        return bool(self.bits & 1)

    def __iter__(self) -> Iterator[Value]:
        return iter([self] * (self.bits % 3))

    def __lt__(self, _other: object) -> Value:
        return self

    def __eq__(self, _other: object) -> bool:
        return bool(self)

    def __hash__(self) -> int:
        return self.bits

    def __call__(self, *_: object, **__: object) -> Self:
        """Return itself."""
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> bool:
        Value.swallowed |= kind is not None and bool(self)
        return bool(self)


class Names(dict[str, object]):
    """The names of a module; ``p7`` is a probe, which notes each time that it is looked up."""

    def __init__(self, seed: int) -> None:
        super().__init__(V=Value(1), Boom=Boom)
        self.seed = seed
        self.ran: list[int] = []
        self.raised = False

    def __missing__(self, name: str) -> Value:
        """Return what a probe stands for this time, or raise `Boom`."""
        if not name[1:].isdigit():
            raise KeyError(name)
        number = int(name[1:])
        self.ran.append(number)
        bits = hash((self.seed, number, self.ran.count(number))) >> 3
        if bits % 23 == 0 or len(self.ran) > 300:
            self.raised = True
            raise Boom
        return Value(bits)


def observe(text: str, seed: int, recorder: LineRecorder, path: Path) -> dict[str, object]:
    """Run a module and call its `f`; return what was seen."""
    path.write_text(text)
    trace = Trace(path.with_suffix(".trace"))
    trace.folder.mkdir()
    names = Names(seed)
    measured = coverage.Coverage(data_file=None, include=[str(path)])
    measured.start()
    recorder.redirect(trace)
    raised, Value.swallowed = True, False
    with contextlib.suppress(Exception):
        exec(compile(text, path, "exec"), names)  # noqa: S102 - made up by the test
        raised = False
    measured.stop()
    hits = trace.hits().get(path.name, set())
    seen = trace.positions(path.name)
    _, executable, _, missing, _ = measured.analysis2(str(path))
    shutil.rmtree(trace.folder)
    return {
        "statements": statements.find(text, path.name),
        "hits": sorted(hits),
        "parts": parts.ran(parts.find(text, ast.parse(text)), seen),
        "ran": sorted(set(names.ran)),
        "raised": raised or Value.swallowed or names.raised,
        "executable": executable,
        "covered": sorted(set(executable) - set(missing)),
    }


def main() -> None:
    """Serve until the input ends."""
    root = Path(sys.argv[1])
    recorder = LineRecorder(root, [], Trace(root), "1", root)
    recorder.start()
    for number, request in enumerate(sys.stdin):
        text, seed = json.loads(request)
        print(json.dumps(observe(text, seed, recorder, root / f"m{number}.py")), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
