"""A wide table scrolls in a box of its own; how lines break, tests in a browser see."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
