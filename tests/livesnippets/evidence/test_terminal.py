from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesnippets.evidence.output import as_shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[1;38;5;208mbold\x1b[m", "bold"),
        ("\x1b[2K\x1b[1Aagain", "again"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b(Btext\x1b=", "text"),
        ("cut \x1b[3", "cut "),
        ("cut \x1b", "cut "),
        ("10%\r100%", "100%"),
        ("100%\r5", "500%"),
        ("done   \rgo\n", "gone   \n"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("over\r", "over"),
        ("bell\a, backspace\b, null\0", "bell, backspace, null"),
        ("<script>", "<script>"),
        ("no text: \udcff\ud800", "no text: \ufffd\ufffd"),
        ("déjà vu ✓", "déjà vu ✓"),
    ],
)
def test_text_is_as_a_terminal_leaves_it(text: str, shown: str) -> None:
    """Colours and control characters are gone, and what a carriage return overwrote."""
    assert as_shown(text) == shown


@given(st.text(st.characters(codec=None) | st.sampled_from("\x1b\r\n[]31m;")))
def test_what_is_shown_can_be_written_and_stays(text: str) -> None:
    """No control character is left, every character is one, and to show it again adds nothing."""
    shown = as_shown(text)
    shown.encode()
    assert not set(shown) & {*map(chr, (*range(9), *range(11, 32), *range(127, 160)))}
    assert as_shown(shown) == shown
    assert shown.count("\n") == text.count("\n") or "\x1b" in text


@pytest.mark.parametrize("piece", ["\x1b[31m", "\x1b]", "\r", "text\r", "\x1b[0;", "\x1b\\"])
def test_much_text_takes_no_more_than_seconds(piece: str) -> None:
    """Ten megabytes of whatever may be slow."""
    began = time.monotonic()
    as_shown("x" * 1_000_000 + piece * (9_000_000 // len(piece)))
    assert time.monotonic() - began < 15
