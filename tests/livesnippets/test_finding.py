from __future__ import annotations

import pytest

from livesnippets.finding import Finding, Kind, Place, causes, suggest

SNIPPET, TEST, PAGE = Place("snippets/a.py", 3), "tests/snippets/test_a.py", Place("docs/a.md", 9)
NAME = f"{TEST}::test_a"
STALE = Finding(SNIPPET, Kind.STALE, "changed", follows=(NAME, "snippets/a.py"))
UNPROVEN = Finding(SNIPPET, Kind.UNPROVEN, "line 3", follows=(TEST,))
MISSING = Finding(PAGE, Kind.MISSING, "no output", follows=(NAME,))
NO_EVIDENCE = Finding(Place("build/evidence"), Kind.EVIDENCE, "holds none")
SYNTAX = Finding(SNIPPET, Kind.SOURCE, "cannot be parsed", "mend the module")
TYPED = Finding(PAGE, Kind.TYPED, "Python typed into the page")


def failed(name: str = NAME, path: str = "snippets/a.py", fault: Place | None = None) -> Finding:
    """Return the finding that a test failed, at a block."""
    return Finding(Place(path), Kind.FAILED, "assert 0", test=name, fault=fault)


def unreadable(node: str, place: Place) -> Finding:
    """Return the finding that a file or a folder cannot be read by pytest."""
    return Finding(place, Kind.TESTS, "NameError", "mend the file", test=node)


@pytest.mark.parametrize(
    ("cause", "consequences"),
    [
        (failed(), {STALE, MISSING}),
        (Finding(SNIPPET, Kind.SKIPPED, "no time", "let it run", test=NAME), {STALE, MISSING}),
        (SYNTAX, {STALE}),
        (unreadable(TEST, Place(TEST, 5)), {STALE, MISSING, UNPROVEN}),
        (unreadable("tests/snippets", Place("tests/conftest.py")), {STALE, MISSING, UNPROVEN}),
        (unreadable("tests/other", Place("tests/other/conftest.py")), set()),
        (unreadable("tests/snip", Place("tests/snip/conftest.py")), set()),
        (
            Finding(Place("build/preview.log"), Kind.TESTS, "ended early"),
            {STALE, MISSING, UNPROVEN, NO_EVIDENCE},
        ),
        (
            Finding(Place("build/preview.log"), Kind.RAY, "did not start"),
            {STALE, MISSING, UNPROVEN, NO_EVIDENCE},
        ),
        (TYPED, set()),
    ],
    ids=lambda value: f"{value.kind} {value.test}" if isinstance(value, Finding) else "",
)
def test_consequences_are_not_listed_beside_their_cause(
    cause: Finding, consequences: set[Finding]
) -> None:
    """What else is wrong is, and a consequence is as long as its cause is not found."""
    rest = [STALE, UNPROVEN, MISSING, NO_EVIDENCE, TYPED]
    assert causes(rest) == sorted(rest)
    assert causes([*rest, cause]) == sorted({*rest, cause} - consequences)


def test_a_module_that_cannot_be_read_is_listed_once() -> None:
    """Not at each page that shows it, nor at the test that cannot import it."""
    pages = [SYNTAX.seen_from(Place("docs/a.md", line)) for line in (9, 19)]
    imported = Finding(SNIPPET, Kind.TESTS, "SyntaxError", "mend the file", test=TEST)
    unseen = Finding(Place("snippets/a.py"), Kind.NOT_SHOWN, "is shown on no page")
    assert causes([*pages, SYNTAX, imported, unseen]) == [SYNTAX]
    assert causes([*pages, unseen]) == sorted(pages)
    assert str(pages[0]) == "docs/a.md:9: snippets/a.py:3: cannot be parsed; mend the module"


def test_a_failed_test_is_listed_once() -> None:
    """At the module that its file mirrors, or else where it was found first."""
    mirrored = [failed("tests/snippets/test_b.py::test", f"snippets/{name}.py") for name in "abc"]
    other = [failed("tests/snippets/test_z.py::test", f"snippets/{name}.py") for name in "abc"]
    assert causes([*mirrored, *other]) == [other[0], mirrored[1]]


def test_what_fails_in_one_line_is_listed_once() -> None:
    """Eighteen tests that fail in one fixture are one problem, those that each assert are many."""
    fixture = Place("tests/conftest.py", 7)
    tests = [f"{TEST}::test_{n:02}" for n in range(18)]
    (finding,) = causes(failed(name, fault=fixture) for name in tests)
    assert str(finding) == f"snippets/a.py:1: {TEST}::test_00 fails: assert 0 (and 17 more)"
    assert len(causes(failed(name, fault=Place(TEST, n)) for n, name in enumerate(tests))) == 18
    skipped = (Finding(SNIPPET, Kind.SKIPPED, "no time", test=name) for name in tests)
    assert causes(skipped)[0].told == f"{TEST}::test_00 is skipped: no time (and 17 more)"


def test_a_helper_that_no_test_can_import_is_listed_once() -> None:
    """However many files cannot be read for it."""
    helper = Place("tests/helper.py", 2)
    assert len(causes(unreadable(f"tests/test_{n}.py", helper) for n in range(50))) == 1


def test_names_are_suggested_not_listed() -> None:
    """But for the few that there are."""
    assert suggest("Poler", {"Poller", "Store"}) == "did you mean 'Poller'?"
    assert suggest("zzz", {"b", "a"}) == "there is 'a', 'b'"
    assert suggest("zzz", []) == suggest("zzz", "abcd") == ""


def test_a_file_that_cannot_be_read_is_said_once() -> None:
    """The evidence says it as well, of the file or of the ``conftest.py`` of its folder."""
    why = "NameError"
    for node, file in (("t/test_a.py", "t/test_a.py"), ("t", "t/conftest.py")):
        seen = Finding(Place(file, 3), Kind.TESTS, why, "mend the file", test=node)
        kept = Finding(Place("snippets/a.py"), Kind.FAILED, why, test=file, fault=Place(file, 3))
        assert causes([seen, kept]) == [seen]
        assert causes([kept]) == [kept]
