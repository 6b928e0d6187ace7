"""A snippet module as text: its regions, its definitions, its executable lines."""

from __future__ import annotations

import ast
import hashlib
import io
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from livesnippets.finding import SourceError, suggest
from livesnippets.source import calls, emphasis, parts, statements
from livesnippets.source.code import Code
from livesnippets.source.decode import decode
from livesnippets.source.parts import Position
from livesnippets.source.regions import find_markers, pair_markers

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from livesnippets.source.statements import Statement

type Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Excerpt:
    """Lines of a module, without region markers and without blank lines at the ends."""

    numbers: tuple[int, ...]
    """The lines' numbers in the file, from 1."""
    text: str
    """The lines as they stand in the file, each with its newline."""


@dataclass(frozen=True)
class Source:
    """The text of one Python file of the repository."""

    path: str
    """Path from the repository's root, with forward slashes."""
    text: str

    @cached_property
    def digest(self) -> str:
        """The digest of the file."""
        return digest(self.text.encode())

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines, each with its newline."""
        return split_lines(self.text)

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements; `assume` spares finding them."""
        try:
            return statements.find(self.text, self.path)
        except ValueError as error:
            raise self._syntax_error() from error

    def assume(self, found: list[Statement]) -> None:
        """Take the statements from evidence of a file with this digest."""
        vars(self).setdefault("statements", found)  # where `cached_property` keeps them

    @cached_property
    def code(self) -> Code:
        """What of the file can run, and what proves that it did."""
        return Code(self.statements)

    @cached_property
    def executable(self) -> frozenset[int]:
        """The lines that are hits when they run."""
        return self.code.executable

    @cached_property
    def parts(self) -> list[Position]:
        """The parts that may be skipped although their line runs; found without `statements`."""
        return parts.find(self.text, self._tree)

    @cached_property
    def calls(self) -> dict[int, set[str]]:
        """What each line calls, by full names such as ``ray.get``."""
        return calls.on_lines(self._tree)

    def lines_with(self, text: str, excerpt: Excerpt) -> set[int]:
        """Return the lines of an excerpt in whose code a text begins, see `emphasis.lines_with`."""
        return emphasis.lines_with(self.lines, self._tree, text, excerpt.numbers)

    @cached_property
    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError) as error:
            raise self._syntax_error() from error

    def _syntax_error(self) -> SourceError:
        line, reason = 1, "is not Python"
        try:
            ast.parse(self.text)
        except SyntaxError as error:
            line, reason = error.lineno or 1, error.msg
        except ValueError as error:
            reason = str(error)
        message = f"cannot be parsed ({reason})"
        return SourceError.at(self.path, line, message, "mend the module")

    @cached_property
    def markers(self) -> dict[int, re.Match[str]]:
        """The region markers, by line; raises `SourceError` for a misspelt one."""
        self._tree  # noqa: B018 - a file that does not parse has a better message than tokenize's
        return find_markers(self.path, self.text)

    @cached_property
    def regions(self) -> dict[str, Excerpt]:
        """The regions by name; raises `SourceError` for one that is not sound, or empty."""
        return {
            name: self._excerpt(lines, lines.start - 1, f"region {name!r} is empty", "remove it")
            for name, lines in pair_markers(self.path, self.markers).items()
        }

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Classes and functions by qualified name, ``LongPollingActor.run``; the last one wins."""
        return dict(_definitions(self._tree.body))

    def definition(self, name: str) -> Definition:
        """Return the definition called `name`, or raise `SourceError`."""
        if name not in self.definitions:
            message = f"defines no {name!r}"
            raise SourceError.at(self.path, 1, message, suggest(name, self.definitions))
        return self.definitions[name]

    def whole(self) -> Excerpt:
        """Return the whole file."""
        return self._excerpt(range(1, len(self.lines) + 1), 1, "is empty", "nothing to show")

    def region(self, name: str) -> Excerpt:
        """Return the region called `name`, or raise `SourceError`."""
        if name not in self.regions:
            message = f"has no region {name!r}"
            raise SourceError.at(self.path, 1, message, suggest(name, self.regions))
        return self.regions[name]

    def pyobject(self, name: str) -> Excerpt:
        """Return a whole definition with its decorators, or raise `SourceError`."""
        node = self.definition(name)
        start = min(part.lineno for part in (node, *node.decorator_list))
        return self._excerpt(range(start, (node.end_lineno or start) + 1), start, "is empty")

    def body(self, name: str, line: str | None = None) -> frozenset[int]:
        """Return the executable lines in the body of a definition, below its head.

        With `line`, only those of each statement that begins with this text, or else those that
        prove a line with it.
        """
        body = self.definition(name).body
        inside = range(body[0].lineno, (body[-1].end_lineno or 0) + 1)
        if line is not None:
            named = {n for n in inside if self.lines[n - 1].strip() == line.strip()}
            begun = [each.lines for each in self.statements if each.first in named]
            return frozenset[int]().union(*begun, *(self.code.proofs.get(n, ()) for n in named))
        beside_the_head = Position.of(body[0]) in self.parts
        return frozenset() if beside_the_head else self.executable.intersection(inside)

    def body_parts(self, name: str, part: str | None = None) -> frozenset[Position]:
        """Return the parts of a body that read `part`, or else a body that is beside its head."""
        body = [Position.of(statement) for statement in self.definition(name).body]
        if part is None:
            return frozenset(self.parts).intersection(body)
        inside = (each for each in self.parts if any(one.holds(each) for one in body))
        return frozenset(each for each in inside if self.text_of(each) == part)

    def text_of(self, part: Position) -> str:
        """Return a part as it is written, in one line."""
        lines = [line.encode() for line in self.lines[part.line - 1 : part.end_line]]
        lines[-1] = lines[-1][: part.end_column]
        lines[0] = lines[0][part.column :]
        return " ".join(line.decode().strip() for line in lines)

    def between(self, first: int, last: int) -> Excerpt:
        """Return the lines from `first` to `last`, which an excerpt has begun and ended with."""
        return self._excerpt(range(first, min(last, len(self.lines)) + 1), first, "is shorter")

    def _excerpt(self, span: range, line: int, if_empty: str, cure: str = "") -> Excerpt:
        numbers = [number for number in span if number not in self.markers]
        while numbers and not self.lines[numbers[0] - 1].strip():
            del numbers[0]
        while numbers and not self.lines[numbers[-1] - 1].strip():
            del numbers[-1]
        if not numbers:
            raise SourceError.at(self.path, line, if_empty, cure)
        text = "".join(self.lines[number - 1] for number in numbers)
        return Excerpt(tuple(numbers), text if text.endswith("\n") else f"{text}\n")


def _definitions(body: Iterable[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from _definitions(node.body, f"{prefix}{node.name}.")


def read_source(root: Path, path: str) -> Source:
    """Return the file at `path` under `root`, its markers checked.

    Raises `SourceError` when it is missing, not Python, not `decode`d, or when its region
    markers are not sound, shown or not.
    """
    try:
        data = (root / path).read_bytes()
    except FileNotFoundError:
        raise SourceError.at(path, 1, "does not exist", "check the path on the page") from None
    except OSError as error:
        raise SourceError.at(path, 1, f"cannot be read ({error})", "mend the file") from error
    return _checked(path, decode(path, data))


@cache  # without a bound: a build asks for each module several times, and a site may have many
def _checked(path: str, text: str) -> Source:
    source = Source(path, text)
    source.regions  # noqa: B018 - computing them checks them
    return source


def split_lines(text: str) -> list[str]:
    """Split text where Python does, each line with its newline; `str.splitlines` splits more."""
    return io.StringIO(text, newline="").readlines()


def digest(data: bytes) -> str:
    """Return the digest by which evidence and pages name a file: ``sha256:…``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
