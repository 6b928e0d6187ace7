from __future__ import annotations

import pytest

from livesnippets.page.languages import is_python


@pytest.mark.parametrize(
    "name",
    ["python", "py", "python3", "py3", "python2", "pycon", "ipython3", "default", "pyi", "sage"],
)
def test_python_has_many_names(name: str) -> None:
    """Every name by which Sphinx or Pygments shows Python counts."""
    assert is_python(name)


@pytest.mark.parametrize("name", ["text", "none", "console", "bash", "json", "rst", "nosuch", ""])
def test_other_languages_are_not_python(name: str) -> None:
    """Shell, text and data need no proof; nor does a name that means nothing."""
    assert not is_python(name)
