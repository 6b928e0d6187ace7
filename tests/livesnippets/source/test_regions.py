from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from livesnippets.finding import SourceError
from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from pathlib import Path

MARKER = "is no region marker; write '# region NAME' or '# endregion NAME' on a line of its own"


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("# region of interest\nx = 1\n", 1, MARKER),
        ("x = 1\n#region a\n", 2, MARKER),
        ("# Region a\nx = 1\n# endregion a\n", 1, MARKER),
        ("# region: a\nx = 1\n", 1, MARKER),
        ("# region a\nx = 1\n# endregion\n", 3, MARKER),
        ("# region a\nx = 1\n# end region a\n", 3, MARKER),
        ("x = 1  # region a\n", 1, MARKER),
        ("# region a\nx = 1\n# endregion b\n", 3, "'# endregion b' has no '# region b' above it"),
        ("x = 1\n# endregion a\n", 2, "'# endregion a' has no '# region a' above it"),
        ("x = 1\n# region a\ny = 1\n", 2, "region 'a' is never closed; add '# endregion a'"),
        (
            "# region a\nx = 1\n# endregion a\n# region a\ny = 1\n# endregion a\n",
            4,
            "region 'a' stands here a second time; rename one",
        ),
        (
            "# region a\nx = 1\n# region a\ny = 1\n# endregion a\n",
            3,
            "region 'a' stands here a second time; rename one",
        ),
        (
            "# region a\nx = 1\n# region b\ny = 1\n# endregion a\nz = 1\n# endregion b\n",
            5,
            "region 'a' ends inside region 'b'; nest them",
        ),
        ("x = 1\n# region a\n\n# endregion a\n", 2, "region 'a' is empty; remove it"),
        ("\n\n", 1, "is empty; nothing to show"),
        ("x = 1\nx = = 2\n", 2, "cannot be parsed (invalid syntax); mend the module"),
        ("x = 'a\0b'\n", 1, "cannot be parsed ("),
        ("x = (\n", 1, "cannot be parsed ("),
        ("x = 1\ny = 2\r\n", 2, "has a carriage return, which no page keeps; remove it"),
    ],
)
def test_an_unsound_module_is_refused(
    tmp_path: Path, module: str, line: int, complaint: str
) -> None:
    """Every way to get a marker wrong has its line and its cure."""
    (tmp_path / "m.py").write_text(module, newline="")
    with pytest.raises(SourceError) as error:
        read_source(tmp_path, "m.py").whole()
    assert str(error.value).startswith(f"m.py:{line}: ")
    assert complaint in str(error.value)


def test_a_module_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """What cannot be read cannot be shown."""
    (tmp_path / "m.py").write_bytes(b"x = '\xff'\n")
    with pytest.raises(SourceError, match=r"m\.py:1: cannot be read \('utf-8' codec"):
        read_source(tmp_path, "m.py")
