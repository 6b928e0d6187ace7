"""Break a small site in every way, and build it with every builder, anew and over what there was.

A build takes longer than what it is asked for, so all that can be broken beside other things is
broken in one site, each on a page, in a module and in evidence of its own. With ``-s`` this prints
the table: a row is a breakage, a column a builder.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from msgspec.structs import replace

from livesnippets.evidence import files
from livesnippets.evidence.recording import RUNNING, Call, Recording, Span
from livesnippets.evidence.results import Capture, Evidence, Measurement, Result
from livesnippets.source.module import digest, read_source
from tests.support.repository import HELPERS, SNIPPET, Repository
from tests.support.tampering import SIGN

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from livesnippets.source.statements import Statement
    from tests.support.repository import Build

pytestmark = pytest.mark.filterwarnings(  # builders of other packages are older than Sphinx
    "ignore:.*(app' is deprecated|'tags' will become):sphinx.deprecation.RemovedInSphinx11Warning"
)
HTML = {
    "html": "*.html",
    "dirhtml": "*.html",
    "singlehtml": "*.html",
    "htmlhelp": "*.html",
    "epub": "*.xhtml",
    "json": "*.fjson",
    "pickle": "*.fpickle",
}
"""The builders of HTML, and what they write."""
PLAIN = {
    "text": "*.txt",
    "latex": "*.tex",
    "man": "*.1",
    "texinfo": "*.texi",
    "xml": "*.xml",
    "pseudoxml": "*.pseudoxml",
    "markdown": "*.md",
}
"""The builders of something else."""
BUILDERS = HTML | PLAIN
TABLE = [name for name in BUILDERS if name not in {"htmlhelp", "pickle"}]
"""The builders that are tried with each breakage; the others are made like one of them."""
AGAIN = {"html", "text"}
"""Those that are tried once more after they failed."""
NAMES: dict[str, Any] = {"version": "1", "copyright": "2026, everybody"}
"""What a book asks for."""
COUNT = re.compile(
    r"^WARNING: (\d+) findings?: (?:nothing is published|what they name)", re.MULTILINE
)

INDEX = """
# Polling

```{{toctree}}
{names}
```

```{{literalinclude}} ../snippets/{first}.py
:pyobject: Poller.other_task
:changed-from: ../snippets/{first}.py Poller.fetch
```
"""
GUIDE = """
# Guide {name}

```{{literalinclude}} ../snippets/{name}.py
```

```{{literalinclude}} ../snippets/{name}.py
:region: fetch
```

It takes {{measured}}`{name}`, and waits {{constant}}`2 s`.

```{{output}} snippets.{name}
```

```{{timeline}}
{name}: The poller
```

```{{doctest}}
>>> "Hark {name}".lower()
'hark {name}'
```
"""


def letters(text: str) -> str:
    """Return the letters and digits of a text, for formats differ in all else."""
    plain = re.sub(r"\\[a-zA-Z]+|\\\(aq|&#?\w+;|\\u00a0|\\n", " ", text)
    return re.sub(r"\W|_", "", plain)


class Site(Repository):
    """A site with a page for each of some names, which shows all there is to show of its module."""

    def __init__(self, root: Path, *names: str) -> None:
        super().__init__(root)
        self.names = names
        self.results: dict[str, Result] = {}
        self.statements: dict[str, list[Statement]] = {}

    def begin(self) -> None:
        """Write the pages and prove them."""
        super().begin()
        (self.root / "helpers.py").unlink()
        (self.root / "snippets/poller.py").unlink()
        for name in self.names:
            self.write(f"helpers_{name}.py", HELPERS)
            module = SNIPPET.replace("Fetches", f"Fetches {name}")
            self.write(f"snippets/{name}.py", module.replace("helpers", f"helpers_{name}"))
            self.write(f"docs/{name}.md", GUIDE.format(name=name))
            self.passes(name)
        index = INDEX.format(names="\n".join(self.names), first=self.names[0])
        self.write("docs/index.md", index)
        self.keep()

    def passes(self, name: str, without: frozenset[int] = frozenset(), **changes: object) -> None:
        """Have a module's test pass, which runs all of it but some lines, or make it differ."""
        source = read_source(self.root, f"snippets/{name}.py")
        self.statements[source.digest] = source.statements
        files = (f"helpers_{name}.py", "requirements.txt", source.path)
        (self.root / f"tests/test_{name}.py").touch()
        span = Span(RUNNING, 0, 9_000_000, 11)
        call = Call(
            process=7,
            number=1,
            name="Poller.fetch",
            path=source.path,
            task="t1",
            start=0,
            stop=9_000_000,
            spans=[span],
        )
        result = Result(
            outcome="passed",
            duration=0.25,
            when="2026-11-22T18:51:07+00:00",
            commit="0fd0a7d123",
            files={path: digest((self.root / path).read_bytes()) for path in files},
            hits={source.path: sorted(source.executable - without)},
            parts={source.path: source.parts},
            outputs={f"snippets.{name}": Capture([f"polled {name} & done\n"] * 2)},
            measurements={name: Measurement("ms", [4700.0 + self.names.index(name)])},
            recordings={name: Recording([call], [], 0, 9_000_000, {}, {7: f"Loop {name}"})},
        )
        self.results[name] = replace(result, **changes)

    def words(self, name: str) -> dict[str, str]:
        """Return what is shown of a module alone, by what it is."""
        return {"name": name, "number": f"{4700 + self.names.index(name):,}"}

    def keep(self) -> None:
        """Write the evidence, and that of the doctests."""
        tests = {f"tests/test_{name}.py::test_it": each for name, each in self.results.items()}
        found = Evidence(self.environment, tests, self.statements)
        files.write(self.root / "build/evidence", found)
        self.make("doctest")

    def make(self, builder: str) -> Build:
        """Build with doctrees that all builders share, as ``make`` does."""
        extensions = ["myst_parser", "livesnippets", *OF_TESTS]
        return self.build(builder, doctrees="doctrees", extensions=extensions, **NAMES)

    def written(self, builder: str) -> str:
        """Return all pages that a builder has written."""
        folder = self.root / "build" / builder
        pages = [page for page in folder.rglob(BUILDERS[builder]) if "_sources" not in page.parts]
        return "\n".join(page.read_text(errors="replace") for page in sorted(pages))

    def forget(self) -> None:
        """Remove all that was built, but not the evidence."""
        for folder in (self.root / "build").iterdir():
            if folder.name != "evidence":
                shutil.rmtree(folder)


OF_TESTS = ["tests.support.markdown", "tests.support.tampering"]


def begun(root: Path, builders: Iterable[str], *names: str) -> Site:
    """Return a site that builders have built, without a complaint."""
    site = Site(root, *names)
    site.begin()
    for builder in builders:
        build = site.make(builder)
        assert (builder, build.complained, build.code) == (builder, "", 0)
    return site


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site that every builder has built, in place of which `site` puts copies."""
    site = begun(tmp_path_factory.mktemp("builders") / "site", BUILDERS, "guide")
    shutil.copytree(site.root, site.root.with_name("kept"))
    return site


@pytest.fixture
def site(whole: Site) -> Generator[Site]:
    """Return the site as it was when all had been built; Sphinx keeps absolute paths."""
    yield whole
    shutil.rmtree(whole.root)
    shutil.copytree(whole.root.with_name("kept"), whole.root)


@pytest.mark.parametrize("builder", BUILDERS)
def test_all_that_is_shown_is_there(whole: Site, builder: str) -> None:
    """Code, output, numbers, times: nothing vanishes, whatever the format."""
    text = letters(whole.written(builder))
    here = whole.environment
    for expected in (
        "Fetches guide",
        "Hark guide",
        "4,700",
        "2 s",
        "polled guide",
        "Loop guide",
        "9.0 ms",
        here.ray,
    ):
        assert letters(expected) in text, expected


def test_the_pages_of_an_epub_are_xml(whole: Site) -> None:
    """A reader of books shows nothing of a page that is not."""
    (book,) = (whole.root / "build/epub").glob("*.epub")
    with ZipFile(book) as pages:
        for name in pages.namelist():
            if name.endswith(".xhtml"):
                ET.fromstring(pages.read(name))  # noqa: S314 - our own


REFUSED, CANNOT_BE = FINE = ("refused", "cannot be")


@dataclass(frozen=True)
class Breakage:
    """One way to break what is shown of a module."""

    title: str
    do: Callable[[Site, str], object]
    finding: str
    """What is said of it, in part."""
    hidden: str = "\0"
    """What must not be published."""
    told: str | None = None
    """What stands in its place in formats other than HTML, if not the finding."""
    builders: dict[str, str] = field(default_factory=lambda: BUILDERS)
    """Where it can happen."""
    late: bool = False
    """Whether it happens after the tests and the doctests have run."""
    of_all: bool = False
    """Whether it is of no module alone."""

    def cell(self, words: dict[str, str], builder: str, found: Build, written: str) -> str:
        """Return what became of it in a build."""
        told, hidden = (text.format(**words) for text in (self.finding, self.hidden))
        named = any(
            told in each and (self.of_all or words["name"] in each) for each in found.findings
        )
        if builder not in self.builders:
            return "passes, or is not named" if named else CANNOT_BE
        counts = COUNT.findall(found.complained)
        if not (found.code and named and counts == [str(len(found.findings))]):
            return "passes, or is not named"
        if builder in HTML:
            return "is published" if written else REFUSED
        if hidden in written:
            return "is published"
        told = told if self.told is None else self.told
        return REFUSED if letters(told) in letters(written) else "leaves a gap"


def _edit(path: str, old: str, new: str) -> Callable[[Site, str], object]:
    return lambda site, name: site.edit(path.format(name=name), old, new)


def _module(old: str, new: str) -> Callable[[Site, str], object]:
    return _edit("snippets/{name}.py", old, new)


def _page(old: str, new: str) -> Callable[[Site, str], object]:
    return _edit("docs/{name}.md", old, new)


def _left(**changes: Any) -> Callable[[Site, str], object]:  # noqa: ANN401 - the fields of a Result
    return lambda site, name: site.passes(name, **changes)


def _tampered(site: Site, name: str) -> None:
    site.write(f"docs/{name}{SIGN}", f"Fetches {name}\nFetched {name}")
    site.edit(f"docs/{name}.md", "# Guide", "# The guide")  # or Sphinx would not write the page


def _uncalled(site: Site, name: str) -> None:
    new = "return True\n\n    def unheard(self):\n        pass\n"
    site.edit(f"snippets/{name}.py", "return True\n", new)
    site.passes(name, without=frozenset({19}))


def _crossed(site: Site, name: str) -> None:
    module = f"snippets/{name}.py"
    site.edit(module, "# region fetch", "# region fetch\n    # region b")
    site.edit(module, "# endregion fetch", "# endregion fetch\n    # endregion b")


def _skip(options: str) -> Callable[[Site, str], object]:
    return _page('>>> "Hark', f'{options}\n\n>>> "Hark')


UNPROVEN, CODE, HARK = "no passing test runs line", "Fetches {name}", "Hark {name}"
FENCE = "```python\nnobody = 1\n```\n\nIt takes"
TWICE = "    # endregion fetch\n    # region fetch\n    # endregion fetch\n"
FAILS = "whose doctests fail"
MADE_UP = "'\n>>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: tough luck\n```\n"
BREAKAGES = [
    Breakage("character of a finished page", _tampered, "that is not in", CODE, builders=HTML),
    Breakage("changed character", _module("True", "None"), "snippets/{name}.py changed", CODE),
    Breakage(
        "changed helper",
        _edit("helpers_{name}.py", "mono", ""),
        "helpers_{name}.py changed",
        CODE,
    ),
    Breakage("uncalled method", _uncalled, f"{UNPROVEN} 19", "unheard"),
    Breakage("Python fence", _page("It takes", FENCE), "Python typed into", "nobody"),
    Breakage("region misspelt on the page", _page(": fetch", ": fetsh"), "has no region 'fetsh'"),
    Breakage("region misspelt in the module", _module("# reg", "#reg"), "no region marker", CODE),
    Breakage("region repeated", _module("    # endregion fetch\n", TWICE), "a second time", CODE),
    Breakage("regions crossed", _crossed, "ends inside region", CODE),
    Breakage("region unclosed", _module("    # endregion fetch\n", ""), "is never closed", CODE),
    Breakage("test marked skip", _left(outcome="skipped"), "is skipped: no message", CODE),
    Breakage("test that fails", _left(outcome="failed"), "fails: no message", CODE),
    Breakage("measurement gone", _left(measurements={}), "left a measurement", "{number}"),
    Breakage("output gone", _left(outputs={}), "left an output", "polled {name}"),
    Breakage("recording gone", _left(recordings={}), "left a recording", "Loop {name}"),
    Breakage("number typed", _page("waits", "took 3-4 ms,"), "has '3-4 ms' typed", told=""),
    Breakage("doctest not run", _page('"Hark', '"HARK'), "not run", "HARK {name}", late=True),
    Breakage("doctest fails", _page("'hark", "'hush"), FAILS, HARK),
    Breakage("doctest skipped", _skip(":options: +SKIP"), "that is skipped", HARK),
    Breakage("doctest for another Python", _skip(":pyversion: < 3"), "that is skipped", HARK),
    Breakage("text in a doctest", _page("'\n```\n", "'\n\nSo.\n```\n"), "nothing checks", HARK),
    Breakage("exception made up", _page("'\n```\n", MADE_UP), FAILS, "tough luck"),
]


def _deleted(site: Site, _name: str) -> None:
    site.evidence_file.unlink()


def _truncated(site: Site, _name: str) -> None:
    site.evidence_file.write_text(site.evidence_file.read_text()[:-9])


def _edited(site: Site, _name: str) -> None:
    file = site.evidence_file
    file.write_text(file.read_text().replace('"passed"', '"passed "'))


def _moved(site: Site, name: str) -> None:
    _deleted(site, name)
    site.environment = replace(site.environment, ray="2.40.0")
    site.keep()


def _of_all(title: str, do: Callable[[Site, str], object], finding: str) -> Breakage:
    return Breakage(title, do, finding, CODE, UNPROVEN, of_all=True)


OF_ALL = [
    _of_all("evidence deleted", _deleted, "holds no evidence"),
    _of_all("evidence truncated", _truncated, "is cut short"),
    _of_all("evidence edited", _edited, "was edited after the tests"),
    _of_all("evidence of another Ray", _moved, "comes from Ray 2.40.0"),
]


def table(site: Site, breakages: dict[str, Breakage]) -> dict[str, dict[str, str]]:
    """Build a broken site in every way; return what became of each breakage with each builder."""
    found: dict[str, dict[str, set[str]]] = {}
    for how in ("incremental", "again", "fresh"):
        if how == "fresh":
            site.forget()
        for builder in TABLE:
            if how == "again" and builder not in AGAIN:
                continue
            build, written = site.make(builder), site.written(builder)
            for name, breakage in breakages.items():
                cell = breakage.cell(site.words(name), builder, build, written)
                cells = found.setdefault(breakage.title, {}).setdefault(builder, set())
                cells.add(cell if cell in FINE else f"{how}: {cell}")
    rows = {
        title: {builder: ", ".join(sorted(cells)) for builder, cells in row.items()}
        for title, row in found.items()
    }
    for title, row in rows.items():
        print(f"| {' | '.join([title, *row.values()])} |")  # noqa: T201 - the table
    return rows


def expected(breakages: list[Breakage]) -> dict[str, dict[str, str]]:
    """Return the table as it has to be: what is broken is refused wherever it can be."""
    return {
        breakage.title: {
            builder: REFUSED if builder in breakage.builders else CANNOT_BE for builder in TABLE
        }
        for breakage in breakages
    }


@pytest.mark.timeout(300)  # half a minute's work, perhaps beside busy neighbours
def test_nothing_that_is_not_proven_is_published(tmp_path: Path) -> None:
    """Each builder fails, names what is wrong, and shows neither what is refused nor a gap."""
    breakages = {f"b{number:02}": each for number, each in enumerate(BREAKAGES, 1)}
    site = begun(tmp_path, TABLE, "b00", *breakages)
    for late in (False, True):
        for name, breakage in breakages.items():
            if breakage.late == late:
                breakage.do(site, name)
        if not late:
            site.keep()
    assert table(site, breakages) == expected(BREAKAGES)


@pytest.mark.parametrize("breakage", OF_ALL, ids=lambda breakage: breakage.title)
def test_nothing_is_published_without_evidence(site: Site, breakage: Breakage) -> None:
    """What is wrong with all evidence is told once, and no page goes by what there was."""
    breakage.do(site, "guide")
    assert table(site, {"guide": breakage}) == expected([breakage])
