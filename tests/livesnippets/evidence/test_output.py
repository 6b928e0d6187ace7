from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesnippets.evidence.output import NAMES, normalise, pieces


@pytest.mark.parametrize(
    ("name", "text", "normalised"),
    [
        ("process-id", "(Poller pid=4711) x", "(Poller pid=<process-id>) x"),
        ("process-id", "pid 4711", "pid 4711"),
        ("address", "ip=10.0.0.7, 127.0.0.1:6379", "ip=<address>, <address>"),
        ("address", "Ray 2.60.0", "Ray 2.60.0"),
        ("port", "localhost:6379", "localhost:<port>"),
        ("port", "at 12:30", "at 12:30"),
        ("object-id", "ObjectRef(00ffffffffffffff0100)", "ObjectRef(<object-id>)"),
        ("object-id", "cafe", "cafe"),
        ("time", "took 0.52 s, or 520 ms", "took <time> s, or <time> ms"),
        ("time", "within 2 seconds", "within <time> seconds"),
        ("time", "3 sheep", "3 sheep"),
        ("decimal", "a ratio of 1.25", "a ratio of <decimal>"),
        ("decimal", "Ray 2.60.0, 7 times", "Ray 2.60.0, 7 times"),
        ("count", "1,234 items, 5 more", "<count> items, <count> more"),
        ("count", "item 12", "item <count>"),
        ("count", "2 seconds, 1.25, v3", "2 seconds, 1.25, v3"),
        ("count", "one", "one"),
        ("order", "b\na", "a\nb"),
    ],
)
def test_each_normaliser_covers_its_own(name: str, text: str, normalised: str) -> None:
    """And nothing that only looks alike."""
    assert normalise(text, [name]) == normalised


def test_without_names_nothing_is_covered() -> None:
    """The text stays, without the end of its last line."""
    assert normalise("pid=1 10.0.0.1\n2 s\n", []) == "pid=1 10.0.0.1\n2 s"


def test_where_two_overlap_the_first_to_begin_covers() -> None:
    """An address has a port, and is covered as a whole."""
    assert normalise("127.0.0.1:6379", ["port", "address"]) == "<address>"


def test_lines_are_sorted_by_what_does_not_vary() -> None:
    """Lines that differ only in a process id have no order of their own."""
    names = ["order", "process-id"]
    assert normalise("(B pid=1) x\n(A pid=9) y", names) == normalise(
        "(A pid=2) y\n(B pid=8) x", names
    )


def test_lines_of_workers_have_no_order() -> None:
    """Neither among each other nor beside those of the driver, which keep theirs."""
    text = "(A pid=1) x\nc\n(pid=2, ip=10.0.0.7) y\n(my actor pid=3) z\na (f pid=4) b\n"
    there = "(A pid=1) x\n(my actor pid=3) z\n(pid=2, ip=10.0.0.7) y"
    assert normalise(text, []) == f"c\na (f pid=4) b\n{there}"


def test_an_unknown_name_is_an_error() -> None:
    """A misspelt one must not pass for one that finds nothing."""
    with pytest.raises(KeyError, match="pids"):
        normalise("pid=1", ["pids"])


TEXTS = st.text(st.sampled_from("pid=0123456789abcdef.,:() ms\n"))


@given(TEXTS, st.sets(st.sampled_from(NAMES)))
def test_pieces_make_up_their_line(text: str, names: set[str]) -> None:
    """Nothing is lost, and each piece has one of the names or none."""
    found = list(pieces(text, names))
    assert "".join(piece for piece, _ in found) == text
    assert {name for _, name in found} <= names | {""}


@given(TEXTS, st.sets(st.sampled_from(NAMES)))
def test_the_order_of_the_names_does_not_matter(text: str, names: set[str]) -> None:
    """A set has none."""
    assert normalise(text, sorted(names)) == normalise(text, sorted(names, reverse=True))
