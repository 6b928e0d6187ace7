"""The modules of a page in an archive: in the folders where they find each other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BEGIN = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive knows: it says when a file was packed, which is no news."""
READABLE = 0o644 << 16


def bundle(root: Path, files: Iterable[str]) -> bytes:
    """Return an archive of files of a repository: the same bytes whenever it is made."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for path in files:
            entry = ZipInfo(path, BEGIN)
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, READABLE
            archive.writestr(entry, (root / path).read_bytes())
    return packed.getvalue()
