from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import livesnippets
from livesnippets.source.code import Code
from livesnippets.source.parts import Position
from livesnippets.source.statements import Statement
from tests.support import observer

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = ["3.12", "3.13", "3.14"]

type Lines = list[str]
"""A piece of code; each ``P`` in it becomes a probe: a name that notes that it was looked up."""

PROBE = re.compile(r"\bp(\d+)\b")


@dataclass
class Seen:
    """What a Python saw of a module that it ran."""

    text: str
    statements: list[Statement]
    hits: set[int]
    parts: set[Position]
    ran: set[int]
    """The numbers of the probes that were called."""
    raised: bool
    executable: set[int]
    """The statements, by coverage.py."""
    covered: set[int]
    """Those that ran, by coverage.py."""

    @cached_property
    def wholly(self) -> set[int]:
        """The lines that ran, and not in part."""
        code = Code(self.statements)
        lines = code.ran(self.hits, self.parts)
        skipped = code.skipped(lines, self.parts)
        return lines.difference(*(part.position.span for part in skipped))

    @cached_property
    def probes(self) -> dict[int, set[int]]:
        """The probes on each line that has any."""
        lines = enumerate(self.text.split("\n"), 1)
        found = {n: {int(probe) for probe in PROBE.findall(line)} for n, line in lines}
        return {n: probes for n, probes in found.items() if probes}


class Observer:
    """Another Python, which runs what it is given."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, text: str, seed: int = 0) -> Seen:
        """Run a module, and return what was seen."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps([text, seed])}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        found = msgspec.convert(answer.pop("statements"), list[Statement])
        parts = {Position(*each) for each in answer.pop("parts")}
        raised = answer.pop("raised")
        sets = {name: set(numbers) for name, numbers in answer.items()}
        return Seen(text, found, parts=parts, raised=raised, **sets)


def python(version: str) -> str:
    """Return a Python, or skip the test."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    uv = Path.home() / ".local/share/uv/python"
    found = [*pyenv.glob(f"{version}.*/bin/python"), *uv.glob(f"cpython-{version}.*/bin/python3")]
    for path in (shutil.which(f"python{version}"), *found):
        # A version manager's shim can stand for a version that is not active.
        if (
            path
            and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return str(path)
    pytest.skip(f"there is no Python {version}: neither on the path nor from pyenv or uv")


@pytest.fixture(scope="module", params=VERSIONS)
def observed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Observer]:
    """Return a way to run modules under each supported Python."""
    packages = [Path(module.__path__[0]).parent for module in (livesnippets, coverage)]
    folder = str(tmp_path_factory.mktemp("modules"))
    command = [str(python(request.param)), "-P", str(observer.__file__), folder]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, packages)),
        "PYTHONHASHSEED": "0",
        "COVERAGE_CORE": "pytrace",  # the one that all of them can load
    }
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield Observer(process)
        assert process.stdin is not None
        process.stdin.close()


def joined(first: str, *more: tuple[str, Lines], last: str = "") -> Lines:
    """Write a bracket, then pieces that each begin with a word, then the other bracket."""
    lines = [first]
    for word, piece in more:
        lines += [f"{word}{piece[0]}", *piece[1:]]
    return [*lines, last] if last else lines


def ended(piece: Lines, end: str) -> Lines:
    """Write something behind a piece."""
    return [*piece[:-1], f"{piece[-1]}{end}"]


def compound(inner: st.SearchStrategy[Lines]) -> st.SearchStrategy[Lines]:
    """Return expressions over several lines."""
    two, three = st.tuples(inner, inner), st.tuples(inner, inner, inner)
    return st.one_of(
        inner.map(lambda e: joined("(", ("", e), last=")")),
        inner.map(lambda e: joined("(", ("not ", e), last=")")),
        inner.map(lambda e: joined("(lambda: (", ("", e), last="))()")),
        inner.map(lambda e: joined('f"""', ("{", e), last='}"""')),
        two.map(lambda e: joined("V(", ("", ended(e[0], ",")), ("x=", e[1]), last=")")),
        two.map(lambda e: joined("[", ("", ended(e[0], ",")), ("*", e[1]), last="]")),
        two.map(lambda e: joined("{", ("", ended(e[0], ":")), ("", e[1]), last="}")),
        two.map(lambda e: joined("(", ("", e[0]), ("< ", e[1]), last=")")),
        st.tuples(st.sampled_from(["and ", "or "]), three).map(
            lambda e: joined("(", ("", e[1][0]), (e[0], e[1][1]), ("or ", e[1][2]), last=")")
        ),
        three.map(lambda e: joined("(", ("", e[0]), ("if ", e[1]), ("else ", e[2]), last=")")),
        st.tuples(st.sampled_from(["[]", "{}", "()"]), three).map(
            lambda e: joined(
                e[0][0], ("", e[1][0]), ("for _ in ", e[1][1]), ("if ", e[1][2]), last=e[0][1]
            )
        ),
        inner.map(lambda e: [" ".join(e)]),
    )


EXPRESSIONS = st.recursive(st.just(["P"]), compound, max_leaves=5)
BRACKETED = compound(EXPRESSIONS)


def indented(*suites: Lines) -> Lines:
    """Write suites one below the other, as a body."""
    return [f"    {line}" for suite in suites for line in suite]


def simple(expression: Lines) -> st.SearchStrategy[Lines]:
    """Return statements with an expression."""
    before = ["", "x = ", "x.y = ", "assert ", "return ", "(y := ", "x: V = ", "del "]
    return st.sampled_from(before).map(
        lambda word: {
            "": expression,
            "(y := ": ended(joined(word, ("", expression)), ")"),
            "del ": ["z = 1", "del (", "    z", ")"],
        }.get(word, [f"{word}{expression[0]}", *expression[1:]])
    )


def suites(inner: st.SearchStrategy[Lines]) -> st.SearchStrategy[Lines]:
    """Return statements with a body."""
    one, two = st.tuples(BRACKETED, inner), st.tuples(BRACKETED, BRACKETED, inner, inner)
    words = [("if ", ":"), ("while ", ":"), ("for x in ", ":"), ("with ", " as x:")]
    return st.one_of(
        st.tuples(st.sampled_from(words), one).map(
            lambda s: [*ended(joined("", (s[0][0], s[1][0]))[1:], s[0][1]), *indented(s[1][1])]
        ),
        two.map(
            lambda s: [
                *ended(joined("with (", ("", s[0])), " as a,"),
                *ended(s[1], " as b,"),
                "):",
                *indented(s[2]),
            ]
        ),
        two.map(
            lambda s: [
                *ended(joined("", ("if ", s[0]))[1:], ":"),
                *indented(s[2]),
                *ended(joined("", ("elif ", s[1]))[1:], ":"),
                *indented(s[3]),
                "else:",
                *indented(["P"]),
            ]
        ),
        two.map(
            lambda s: [
                *ended(joined("", ("match ", s[0]))[1:], ":"),
                *indented(
                    ["case (", "    1 | 2", "):", *indented(s[2])],
                    [*ended(joined("", ("case _ if ", s[1]))[1:], ":"), *indented(s[3])],
                ),
            ]
        ),
        st.tuples(inner, inner).map(
            lambda s: [
                "try:",
                *indented(s[0]),
                "except (",
                "    Boom,",
                "    ValueError,",
                ") as error:",
                *indented(s[1]),
                "finally:",
                *indented(["P"]),
            ]
        ),
        st.tuples(BRACKETED, inner).map(
            lambda s: [
                *joined("def g(", ("a=", ended(s[0], ","))),
                "    b: int = 1,",
                "):",
                *indented(s[1]),
                "g(",
                "    b=2",
                ")",
            ]
        ),
        st.tuples(BRACKETED, inner).map(
            lambda s: [
                *joined("@P", ("@", s[0]))[1:],
                "class A:",
                *indented(["def g(x):", *indented(s[1])], ["g(V)"]),
            ]
        ),
    )


SUITES = st.recursive(BRACKETED.flatmap(simple), suites, max_leaves=4)
MODULES = st.lists(SUITES, min_size=1, max_size=3).map(
    lambda found: ["def f(x=V):", *indented(*found), "f()"]
)


def numbered(lines: Lines) -> str:
    """Give each probe a number."""
    numbers = itertools.count(1)
    text = "".join(f"{line}\n" for line in lines)
    return re.sub(r"\bP\b", lambda _: f"p{next(numbers)}", text)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=MODULES, seed=st.integers(0, 2**32))
def test_a_line_is_proven_exactly_if_all_that_stands_on_it_ran(
    observed: Observer, lines: Lines, seed: int
) -> None:
    """And a statement exactly if coverage.py finds so, whatever the Python, and however written."""
    text = numbered(lines)
    try:
        compile(text, "m.py", "exec")
    except SyntaxError:
        assume(False)  # noqa: FBT003 - Hypothesis wants it so
    seen = observed(text, seed)
    code = [each for each in seen.statements if each.lines]
    assert {each.first for each in code} == seen.executable
    assert {each.first for each in code if seen.hits & each.lines} == seen.covered
    assert all(part.observable for each in code for part in each.parts)
    for line, probes in seen.probes.items():
        if not seen.raised or len(probes) == 1:
            assert (line in seen.wholly) is (probes <= seen.ran), line
    for each in code:
        span = range(each.first, each.first + len(each.proofs))
        probes = {probe for line in span for probe in seen.probes.get(line, ())}
        if seen.hits & each.lines and probes <= seen.ran and not seen.raised:
            assert seen.wholly.issuperset(span)


WITH_LOCAL_NAMES = """def f(k, v):
    yield {k: v for k, v in [(k, v)]}
    yield {k: k for k in v if k}
    yield [k for k in v if k], {k for k in v}, [k for v in k for k in v]
    yield k and v or k, k < v < k, k if v else v, lambda k: k
    if k: v = k
    for k in v: v = k
    match k:
        case [k, v] if k: yield v
"""


def test_python_says_of_each_part_whether_it_ran(observed: Observer) -> None:
    """Also where one instruction loads two names, and stands at the first."""
    seen = observed(WITH_LOCAL_NAMES)
    parts = [part for each in seen.statements for part in each.parts]
    assert len(parts) == 18
    assert [part.position for part in parts if not part.observable] == []


def lines(seen: Seen) -> set[int]:
    """Return the lines that ran, if perhaps in part."""
    return Code(seen.statements).ran(seen.hits, seen.parts)


def test_what_a_try_begins_with_runs_when_it_does(observed: Observer) -> None:
    """Python 3.13 leaves no instruction of such a ``return`` in its place."""
    for first in ("return 1", "return", "p1; x = 1", "continue", "break"):
        text = f"def f():\n  for _ in 'x':\n    try: {first}\n    finally: p2\nf()\n"
        assert observed(text).wholly == {1, 2, 3, 4, 5}, first


def test_what_python_does_not_say_of_a_part_is_not_said_of_its_line(observed: Observer) -> None:
    """No test would help, but to write the part elsewhere."""
    seen = observed("def f():\n    try: pass; return 1\n    finally: p1\nf()\n")
    assert lines(seen) == {1, 2, 3, 4}
    unsaid = Code(seen.statements).skipped(lines(seen), seen.parts)
    assert [part.position for part in unsaid if part.observable] == []


def test_code_beside_a_docstring_needs_a_hit_of_its_own(observed: Observer) -> None:
    """Coverage.py leaves out the whole line."""
    seen = observed('class A: "It is."; x = V\ndef f(): "It is."; x = V\nf\n')
    assert [each.first for each in seen.statements] == [1, 2, 3]
    assert seen.wholly == {1, 3}


def test_a_line_that_first_runs_where_the_stack_is_full_is_seen(observed: Observer) -> None:
    """There is no room for whoever looks, until a call further out runs it."""
    text = "def f():\n    try:\n        f()\n    except RecursionError:\n        x = 1\nf()\n"
    assert observed(text).wholly >= {3, 4, 5, 6}
