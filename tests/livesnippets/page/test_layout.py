"""A wide table scrolls in a box of its own; how lines break, tests in a browser see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from tests.support.repository import Repository

TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"


def test_a_keyboard_reaches_the_box_of_each_table_and_a_reader_hears_its_name(
    repository: Repository,
) -> None:
    """It is called as its section; nothing else is put into a box."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n## Which <one>?\n\n{TABLE}\n## More\n\n{TABLE}")
    build = repository.build()
    assert build.findings == []
    boxes = LexborHTMLParser(build.page()).css(".table-box")
    assert [len(box.css("table")) for box in boxes] == [1, 1]
    told = [(box.attributes["role"], box.attributes["tabindex"]) for box in boxes]
    assert told == [("region", "0")] * 2
    names = [box.attributes["aria-label"] for box in boxes]
    assert names == ["Table: Which <one>?", "Table: More"]


def test_two_tables_of_a_section_have_two_names(repository: Repository) -> None:
    """Who hears the names of all boxes can tell them apart."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n## More\n\n{TABLE}\ntext\n\n{TABLE}")
    boxes = LexborHTMLParser(repository.build().page()).css(".table-box")
    assert [box.attributes["aria-label"] for box in boxes] == ["Table: More", "Table: More, 2"]


@pytest.mark.parametrize(
    ("sentence", "together"),
    [
        ("It answers at once.", "once."),
        ("**It answers at\nonce.**", "once."),
        ("It calls `other_task`", "other_task"),
        ("**It answers.** At once.", "once."),
        ("[A link that is much too long for that](https://www.ray.io)", ""),
    ],
)
def test_a_mark_and_the_last_word_stay_together(
    repository: Repository, sentence: str, together: str
) -> None:
    """Also when that is bold or code; a long link may be broken. No word is lost."""
    repository.write("tests/test_poller.py", "def test_poller():\n    pass\n")
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{sentence}{{claim}}`test_poller`\n")
    build = repository.build()
    assert build.findings == []
    (mark,) = LexborHTMLParser(build.page()).css(".display-claim")
    around = mark.parent
    assert around is not None
    assert around.parent is not None
    mark.decompose()
    assert around.text() == together
    words = re.sub(r"[*`\[\]]|\(.*\)", "", sentence).split()
    assert around.parent.text().split() == words
