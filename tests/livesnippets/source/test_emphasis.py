"""On which lines of a module a text stands."""

from __future__ import annotations

import ast

import pytest

from livesnippets.source.emphasis import lines_with

TEXT = '''"""Waits with wait."""

QUERY = "SELECT job SKIP LOCKED"


def poll(name):
    """Call wait, SKIP LOCKED."""
    wait(1)  # wait for it
    print("wait", f"{wait(2)} await")
    """
    wait
    """
    return f"wait {name}", """
wait(3)"""
'''
LINES = TEXT.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        ("wait", {8, 9}),
        ("wait(", {8, 9}),
        ("1)  # wait", {8}),
        ('print("wait"', {9}),
        ("SKIP LOCKED", {3}),
        ("for it", {8}),
        ("wait(3)", {14}),
        ("Waits", set()),
        ("nothing", set()),
    ],
)
def test_a_text_is_found_in_code_or_else_in_strings(wanted: str, lines: set[int]) -> None:
    """Never in a docstring; in strings and comments only if no code has it."""
    everywhere = range(1, len(LINES) + 1)
    assert lines_with(LINES, ast.parse(TEXT), wanted, everywhere) == lines


def test_what_other_lines_have_does_not_count() -> None:
    """A block shows its string, although the module has the text in code elsewhere."""
    assert lines_with(LINES, ast.parse(TEXT), "wait", [13]) == {13}
