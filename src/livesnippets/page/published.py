"""Put files into an output folder, and take them out again: those of a build, never another's.

A folder to publish may hold what no build has put there: other versions, a report, a ``CNAME``. So
a list in it names the files of the last build. ``python -m livesnippets.page.published FOLDER``
takes these out.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

MADE = ".livesnippets.json"
"""The name of the list."""
OWN = {".buildinfo", ".buildinfo.bak"}
"""What Sphinx keeps for its next build: it depends on where the repository lies."""


def publish(site: Path, folder: Path) -> None:
    """Make the files of `site` those of the build in `folder`.

    Each is replaced as a whole, and only if it differs. The list is never shorter than what is
    there: what an interruption leaves is known to the next build.
    """
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    files = found - OWN
    before, unfinished = _made(folder), f"{MADE}.{os.getpid()}.tmp"
    folder.mkdir(parents=True, exist_ok=True)
    _list(folder, before | files | {unfinished})
    _remove(folder, before - files)
    for name in sorted(files):
        put((site / name).read_bytes(), folder / name, folder / unfinished)
    _list(folder, files)


def withdraw(folder: Path, names: Iterable[str] = ()) -> None:
    """Remove what builds have put into a folder, and `names`, which would have taken their places.

    The folder goes, too, when nothing else is in it.
    """
    _remove(folder, _made(folder).union(names))
    _remove(folder, {MADE})


def put(content: bytes, file: Path, unfinished: Path) -> None:
    """Write a file by way of another, so that it is never half there.

    Files are dear to make, so one that is right stays.
    """
    if file.is_file() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_bytes(content)
    unfinished.replace(file)


def _remove(folder: Path, names: set[str]) -> None:
    """Remove files, and the folders that are empty then."""
    for name in names:
        file = folder / name
        if file.is_file() or file.is_symlink():
            file.unlink()
        with suppress(OSError):  # something else is in it, or it is gone
            for parent in file.parents:
                if not parent.is_relative_to(folder):
                    break
                parent.rmdir()


def _made(folder: Path) -> set[str]:
    """Return the names in the list; none if there is no list, or not as it was written."""
    try:
        names = msgspec.json.decode((folder / MADE).read_bytes(), type=set[str])
    except (OSError, msgspec.DecodeError):
        return set()
    return {name for name in names if ".." not in Path(name).parts and not Path(name).is_absolute()}


def _list(folder: Path, names: set[str]) -> None:
    unfinished = folder / f"{MADE}.tmp"
    unfinished.write_bytes(msgspec.json.encode(sorted(names)))
    unfinished.replace(folder / MADE)


if __name__ == "__main__":
    withdraw(Path(sys.argv[1]))
