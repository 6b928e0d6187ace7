from __future__ import annotations

import pytest

from livesnippets.page.languages import (
    LOOKS,
    NOT_PYTHON,
    TYPED,
    is_python,
    is_python_file,
    python_in,
    reads_as_python,
)


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


@pytest.mark.parametrize("path", ["x.pyw", "x.pyi", "BUILD.bazel", "x.sage", "SConstruct", "x.pyx"])
def test_python_files_have_many_names(path: str) -> None:
    """As Pygments knows them."""
    assert is_python_file(path)


@pytest.mark.parametrize("path", ["x.toml", "Dockerfile", "LICENSE", "x.txt", "requirements.txt"])
def test_other_files_are_not_python(path: str) -> None:
    """Nor is one whose name says nothing."""
    assert not is_python_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "import ray\nray.init()",
        "  x = 1\n  y = x\n",
        "x = 1; y = 2",
        "def f():\n    return 1",
        "@ray.remote\ndef f():\n    pass\n",
        "for x in range(3):\n    print(x)",
        "1\nprint(2)",
        "x: int = 1\ny: int = 2",
        "try:\n    1\nexcept ValueError:\n    2",
        ">>> x",
        "first:\n  >>> x = 1\n",
        "In [1]: x = 1",
        'r = "\\d"\nprint(r)',
    ],
)
def test_several_statements_or_a_session_read_as_python(text: str) -> None:
    """Moved to the right, too."""
    assert reads_as_python(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "ray.init()",
        "True\nFalse\n",
        "[0, 1]\n{'a': -1.5}\n(2,)",
        "first\nsecond.third",
        "name: ray\nversion: 2",
        "ray==2.60\nclick==8",
        "make html\nmake test",
        ">>>>>>> main",
        "x = (",
        "\0\n\0",
        "(" * 5000,
        "not ready: 3 of 4\nready",
    ],
)
def test_other_text_does_not(text: str) -> None:
    """What a program prints, shell, lists of words and pairs, and a single line."""
    assert not reads_as_python(text)


CODE = "import ray\nray.init()\n"


@pytest.mark.parametrize("names", [[], ["text"], ["none"], ["literal-block", "nosuch"]])
def test_text_without_a_language_is_judged_by_its_looks(names: list[str]) -> None:
    """Unless its author says that it is no Python."""
    assert python_in(names, CODE) == LOOKS
    assert python_in([*names, NOT_PYTHON], CODE) is None
    assert python_in(names, "make html") is None


@pytest.mark.parametrize("name", ["toml", "julia", "console", "lua", "thrift", "output"])
def test_a_language_of_its_own_says_that_it_is_no_python(name: str) -> None:
    """Though the text of some reads as Python now and then."""
    assert python_in([name], CODE) is None
    assert python_in(["text", name], CODE) is None


@pytest.mark.parametrize("name", ["cython", "mojo", "py+ul4"])
def test_a_language_that_is_coloured_as_python_looks_like_it(name: str) -> None:
    """A reader cannot tell; an author can."""
    assert python_in([name], "x") == LOOKS
    assert python_in([name, NOT_PYTHON], "x") is None


def test_nobody_can_say_that_python_is_none() -> None:
    """What is called Python is Python."""
    assert python_in(["python", NOT_PYTHON], "x") == TYPED
