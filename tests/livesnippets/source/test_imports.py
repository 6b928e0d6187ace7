from __future__ import annotations

from typing import TYPE_CHECKING

from livesnippets.source.imports import with_imports
from tests.support import files

if TYPE_CHECKING:
    from pathlib import Path

MODULES = {
    "a/start.py": "import json, a.near\nfrom a import sub\n",
    "a/near.py": "from . import far\nfrom .sub.deep import value as renamed\n",
    "a/far.py": "def f():\n    import a.lazy\n",
    "a/lazy.py": "import a.start\n",
    "a/unused.py": "",
    "a/sub/__init__.py": "",
    "a/sub/deep.py": "import nothing.here\n",
}


def test_a_module_goes_with_all_that_it_imports(tmp_path: Path) -> None:
    """By whatever statement, also in a circle; what is not of the repository is left out."""
    for path, text in MODULES.items():
        files.write(tmp_path / path, text)
    assert with_imports(tmp_path, ["a/start.py"]) == sorted(MODULES.keys() - {"a/unused.py"})
    assert with_imports(tmp_path, ["a/unused.py"]) == ["a/unused.py"]
    assert with_imports(tmp_path, []) == []
