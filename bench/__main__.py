"""Measure all figures side by side, print them, and write them to ``build/bench.json``."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from typing import TYPE_CHECKING

from bench import alone, building, prose, recording, row, verdict
from bench.site import EVIDENCE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bench.row import Row

MEASURES: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "prose": prose.measure,
    "verdict": verdict.measure,
    "build": building.measure,
    "recorder": recording.measure,
    "alone": alone.measure,
}


def main() -> int:
    """Return 0 if all figures were measured, whether they meet their goals or not."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--edits", type=int, default=10, help="edits to take the median of")
    parser.add_argument("--only", choices=MEASURES, action="append", help="measure only these")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # cleans up, as Ctrl-C does
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        os.environ["RAY_TMPDIR"] = temporary  # scripts and notebooks leave their sessions there
        try:
            rows = list(_measure(options.only or [*MEASURES], options.edits))
        finally:
            shutil.rmtree(EVIDENCE, ignore_errors=True)
    row.write(ROOT / "build/bench.json", rows)
    print(f"\n{row.table(rows)}")
    return int(any(each.ratio is None for each in rows))


def _measure(names: list[str], edits: int) -> Iterator[Row]:
    """Measure what is named, each in a folder that is gone afterwards."""
    for name in names:
        folder = ROOT / "build/bench" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            for each in MEASURES[name](folder, edits):
                print(row.table([each]).partition("\n")[2], flush=True)
                yield each
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
