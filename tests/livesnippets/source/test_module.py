from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesnippets.finding import SourceError
from livesnippets.source.module import Source, digest, read_source

if TYPE_CHECKING:
    from pathlib import Path

type Tree = list[str | Tree]

LINES = ["x = 1", "", "# a comment", "y = '# region no'", "z = '''", "t = 'a\x0cb\x85c\u2028d'"]


@dataclass
class Module:
    """A module that is made up, with where its regions are."""

    lines: list[str] = field(default_factory=list)
    regions: dict[str, list[int]] = field(default_factory=dict)

    def add(self, tree: Tree, around: tuple[str, ...] = ()) -> None:
        """Write a tree, in which a list is a region."""
        for item in tree:
            if isinstance(item, list):
                name = f"r{len(self.regions)}"
                self.regions[name] = []
                self.lines.append(f"# region {name}")
                self.add(["x = 2", *item], (*around, name))
                self.lines.append(f"# endregion {name}")
            else:
                text = [item, "# region inside a string", "'''"] if item.endswith("'''") else [item]
                for line in text:
                    self.lines.append(line)
                    for name in around:
                        self.regions[name].append(len(self.lines))

    def expected(self, name: str) -> list[int]:
        """Return the lines of a region, without blank ones at the ends."""
        numbers = self.regions[name]
        while not self.lines[numbers[-1] - 1]:
            numbers.pop()
        return numbers


lines = st.sampled_from(LINES)
trees = st.recursive(st.lists(lines), lambda inner: st.lists(inner | lines))


@given(tree=trees)
def test_every_sound_nesting_is_read_right(tree: Tree) -> None:
    """Regions have exactly their lines, and no excerpt ever has a marker."""
    module = Module()
    module.add(["x = 0", *tree])
    source = Source("m.py", "".join(f"{line}\n" for line in module.lines))
    assert len(source.lines) == len(module.lines)
    assert set(source.regions) == set(module.regions)
    for name in module.regions:
        excerpt = source.region(name)
        assert list(excerpt.numbers) == module.expected(name)
        assert excerpt.text == "".join(f"{module.lines[n - 1]}\n" for n in excerpt.numbers)
    markers = {
        n for n, line in enumerate(module.lines, 1) if line.startswith(("# region r", "# end"))
    }
    assert set(source.markers) == markers
    assert markers.isdisjoint(source.whole().numbers)


SOURCE = Source(
    "m.py",
    '''\
import os


@staticmethod
def first(
    a,
    b=(1,
       2),
):
    """Say what it is."""
    return (
        a,
        b,
    )


class Outer:
    # region in class
    class Inner:
        async def run(self):
            await self

    # endregion in class
'''.replace(" in class", " in-class"),
)


def test_a_definition_comes_with_its_decorators() -> None:
    """Decorators, signature, docstring and body belong together."""
    assert SOURCE.pyobject("first").numbers == tuple(range(4, 15))


def test_nested_definitions_have_qualified_names() -> None:
    """A method is named as Python names it."""
    assert [*SOURCE.definitions] == ["first", "Outer", "Outer.Inner", "Outer.Inner.run"]
    assert SOURCE.pyobject("Outer.Inner.run").text == (
        "        async def run(self):\n            await self\n"
    )


def test_the_body_of_a_definition_leaves_its_head_out() -> None:
    """The head of a function runs when its module is imported; its body when it is called."""
    assert SOURCE.body("first") == {11, 12, 13}
    assert SOURCE.body("Outer.Inner.run") == {21}
    assert SOURCE.body("Outer.Inner") == {20, 21}


def test_a_line_of_a_body_is_found_by_its_text() -> None:
    """That of a statement's first line stands for the whole statement."""
    assert SOURCE.body("first", " return ( ") == SOURCE.body("first")
    assert SOURCE.body("first", "a,") == {12}
    assert SOURCE.body("first", "c,") == set()


def test_a_repeated_definition_is_the_last_one() -> None:
    """As it is for Python."""
    source = Source("m.py", "def f():\n    return 1\n\n\ndef f():\n    return 2\n")
    assert source.pyobject("f").numbers == (5, 6)


def test_an_excerpt_loses_blank_lines_at_its_ends_alone() -> None:
    """Blank lines in the middle are the author's."""
    source = Source("m.py", "\n# region a\n\nx = 1\n\ny = 1\n\n# endregion a\n\n")
    assert source.region("a").numbers == (4, 5, 6)
    assert source.whole().text == "x = 1\n\ny = 1\n"


def test_a_digest_names_its_algorithm() -> None:
    """The digest of a file is that of its bytes."""
    assert digest(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert Source("m.py", "ξ\n").digest == digest("ξ\n".encode())


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("# -*- coding: latin-1 -*-\nx = 'é'\n", 1, "is read by Python as 'iso8859-1'"),
        ("\n# vim: set fileencoding=utf_7 :\nx = 1\n", 2, "is read by Python as 'utf-7'"),
        ("# coding: klingon\nx = 1\n", 1, "unknown encoding: klingon"),
        ("\ufeffx = 1\n", 1, "is read by Python as 'utf-8-sig'"),
    ],
)
def test_a_file_that_python_reads_otherwise_is_an_error(
    tmp_path: Path, text: str, line: int, complaint: str
) -> None:
    """A page shows UTF-8; Python obeys a comment that names another encoding."""
    (tmp_path / "m.py").write_bytes(text.encode())
    with pytest.raises(SourceError, match=rf"^m\.py:{line}: .*{complaint}"):
        read_source(tmp_path, "m.py")


@pytest.mark.parametrize("cookie", ["utf-8", "utf8", "UTF-8", "u8"])
def test_a_file_may_say_that_it_is_utf_8(tmp_path: Path, cookie: str) -> None:
    """For so it is read."""
    (tmp_path / "m.py").write_text(f"# coding: {cookie}\nx = 'é'\n")
    assert "é" in read_source(tmp_path, "m.py").text


def test_an_error_says_where_and_what_to_do(tmp_path: Path) -> None:
    """A missing file is an error, never empty text."""
    with pytest.raises(SourceError, match=r"^m\.py:1: does not exist; check the path on the page$"):
        read_source(tmp_path, "m.py")
