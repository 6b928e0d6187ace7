"""Break a small site in every way, and build it with every builder, anew and over what there was.

A row of the table that this prints with ``-s`` is one breakage.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from msgspec.structs import replace

from livesnippets.evidence import files
from livesnippets.evidence.recording import RUNNING, Call, Recording, Span
from livesnippets.evidence.results import Capture, Evidence, Measurement
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

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
TABLE = [name for name in BUILDERS if name not in {"htmlhelp", "pickle", "pseudoxml"}]
"""The builders that are tried with each breakage; the others are made like one of them."""
AGAIN = {"html", "json", "text", "latex"}
"""Those that are tried once more after they failed."""
NAMES: dict[str, Any] = {"version": "1", "copyright": "2026, everybody"}
"""What a book asks for."""

INDEX = """
# Polling

```{toctree}
guide
checked
```

```{literalinclude} ../snippets/poller.py
```

```{literalinclude} ../snippets/poller.py
:pyobject: Poller.other_task
:changed-from: ../snippets/poller.py Poller.fetch
```
"""
GUIDE = """
# Guide

```{literalinclude} ../snippets/poller.py
:region: fetch
```

It takes {measured}`answer`, and waits {constant}`2 s`.

```{output} snippets.poller
```

```{timeline}
polling: The poller
```
"""
CHECKED = """
# Checked

```{doctest}
>>> "Hark".lower()
'hark'
```
"""
CALL = Call(
    process=7,
    number=1,
    name="Poller.fetch",
    path="snippets/poller.py",
    task="t1",
    start=0,
    stop=9_000_000,
    spans=[Span(RUNNING, 0, 9_000_000, 11)],
)
CAPTURES: dict[str, Any] = {
    "outputs": {"snippets.poller": Capture(["polled & done\n"] * 2)},
    "measurements": {"answer": Measurement("ms", [4700.0])},
    "recordings": {"polling": Recording([CALL], [], 0, 9_000_000, {}, {7: "Poller"})},
}


def letters(text: str) -> str:
    """Return the letters and digits of a text, for formats differ in all else."""
    plain = re.sub(r"\\[a-zA-Z]+|\\\(aq|&#?\w+;|\\u00a0|\\n", " ", text)
    return re.sub(r"\W|_", "", plain)


class Site(Repository):
    """A site of three pages that shows all there is to show."""

    def begin(self) -> None:
        """Write the pages and prove them."""
        super().begin()
        for name, text in (("index", INDEX), ("guide", GUIDE), ("checked", CHECKED)):
            self.write(f"docs/{name}.md", text)
        self.prove(test_poller=self.test_run(**CAPTURES))
        self.check()

    def check(self) -> int:
        """Run the doctests."""
        return self.build("doctest").code

    def make(self, builder: str) -> Build:
        """Build with doctrees that all builders share, as ``make`` does."""
        extensions = ["myst_parser", "livesnippets", "tests.support.markdown"]
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


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Return a site that every builder has built, in place of which `site` puts copies."""
    site = Site(tmp_path_factory.mktemp("builders") / "site")
    site.begin()
    for builder in BUILDERS:
        build = site.make(builder)
        assert (builder, build.code, build.complained) == (builder, 0, "")
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
        "Fetches, and",
        "Hark",
        "4,700",
        "2 s",
        "polled",
        "Poller",
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


@dataclass(frozen=True)
class Breakage:
    """One way to break the site."""

    name: str
    do: Callable[[Site], object]
    finding: str
    """What is said of it, in part."""
    hidden: str = "\0"
    """What must not be published."""
    told: str | None = None
    """What stands in its place in formats other than HTML, if not the finding."""


def _stale(path: str, old: str, new: str) -> Callable[[Site], object]:
    return lambda site: site.edit(path, old, new)


def _module(old: str, new: str) -> Callable[[Site], object]:
    return _stale("snippets/poller.py", old, new)


def _guide(old: str, new: str) -> Callable[[Site], object]:
    return _stale("docs/guide.md", old, new)


def _checked(old: str, new: str) -> Callable[[Site], object]:
    def break_it(site: Site) -> None:
        site.edit("docs/checked.md", old, new)
        site.check()

    return break_it


def _prove(**changes: Any) -> Callable[[Site], object]:  # noqa: ANN401 - the fields of a Result
    return lambda site: site.prove(test_poller=site.test_run(**{**CAPTURES, **changes}))


def _uncalled(site: Site) -> None:
    new = "return True\n\n    def unheard(self):\n        pass\n"
    site.edit("snippets/poller.py", "return True\n", new)
    without = {"snippets/poller.py": {19}}
    site.prove(test_poller=site.test_run(without=without, **CAPTURES))


def _deleted(site: Site) -> None:
    site.evidence_file.unlink()


def _truncated(site: Site) -> None:
    site.evidence_file.write_text(site.evidence_file.read_text()[:-9])


def _edited(site: Site) -> None:
    file = site.evidence_file
    file.write_text(file.read_text().replace('"passed"', '"passed "'))


def _moved(site: Site) -> None:
    _deleted(site)
    tests = {"tests/test_poller.py::test_poller": site.test_run(**CAPTURES)}
    elsewhere = replace(site.environment, ray="2.40.0")
    files.write(site.root / "build/evidence", Evidence(elsewhere, tests))


def _crossed(site: Site) -> None:
    site.edit("snippets/poller.py", "# region fetch", "# region fetch\n    # region b")
    site.edit("snippets/poller.py", "# endregion fetch", "# endregion fetch\n    # endregion b")


def _skip(options: str) -> Callable[[Site], object]:
    return _checked('>>> "Hark"', f'{options}\n\n>>> "Hark"')


UNPROVEN, CODE = "no passing test runs line", "Fetches"
FENCE = "# Guide\n\n```python\nnobody = 1\n```\n"
TWICE = "    # endregion fetch\n    # region fetch\n    # endregion fetch\n"
MADE_UP = "'hark'\n>>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: tough luck"
BREAKAGES = [
    Breakage("changed character", _module("True", "None"), "snippets/poller.py changed", CODE),
    Breakage("changed helper", _stale("helpers.py", "mono", ""), "helpers.py changed", CODE),
    Breakage("uncalled method", _uncalled, f"{UNPROVEN} 19", "unheard"),
    Breakage("Python fence", _guide("# Guide\n", FENCE), "3: Python typed into", "nobody"),
    Breakage("region misspelt on the page", _guide(": fetch", ": fetsh"), "has no region 'fetsh'"),
    Breakage("region misspelt in the module", _module("# reg", "#reg"), "no region marker", CODE),
    Breakage("region repeated", _module("    # endregion fetch\n", TWICE), "a second time", CODE),
    Breakage("regions crossed", _crossed, "ends inside region", CODE),
    Breakage("region unclosed", _module("    # endregion fetch\n", ""), "is never closed", CODE),
    Breakage("evidence deleted", _deleted, "holds no evidence", CODE, UNPROVEN),
    Breakage("evidence truncated", _truncated, "is cut short", CODE, UNPROVEN),
    Breakage("evidence edited", _edited, "was edited after the tests", CODE, UNPROVEN),
    Breakage("evidence of another Ray", _moved, "comes from Ray 2.40.0", CODE, UNPROVEN),
    Breakage("test marked skip", _prove(outcome="skipped"), "is skipped: no message", CODE),
    Breakage("test that fails", _prove(outcome="failed"), "fails: no message", CODE),
    Breakage("measurement gone", _prove(measurements={}), "left a measurement", "4,700"),
    Breakage("output gone", _prove(outputs={}), "left an output", "polled"),
    Breakage("recording gone", _prove(recordings={}), "left a recording", "9.0"),
    Breakage("number typed", _guide("waits", "took 3-4 ms,"), "has '3-4 ms' typed", told=""),
    Breakage("doctest not run", _stale("docs/checked.md", "Hark", "HARK"), "not run", "HARK"),
    Breakage("doctest fails", _checked("'hark'", "'hush'"), "whose doctests fail", "Hark"),
    Breakage("doctest skipped", _skip(":options: +SKIP"), "that is skipped", "Hark"),
    Breakage("doctest for another Python", _skip(":pyversion: < 3"), "that is skipped", "Hark"),
    Breakage("text in a doctest", _checked("'hark'", "'hark'\n\nSo."), "nothing checks", "Hark"),
    Breakage("exception made up", _checked("'hark'", MADE_UP), "whose doctests fail", "tough luck"),
]


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.name)
def test_nothing_that_is_not_proven_is_published(site: Site, breakage: Breakage) -> None:
    """Each builder fails, names what is wrong, and shows neither what is refused nor a gap."""
    breakage.do(site)
    told = letters(breakage.finding if breakage.told is None else breakage.told)
    table: dict[str, list[str]] = {builder: [] for builder in TABLE}
    for how in ("incremental", "again", "fresh"):
        if how == "fresh":
            site.forget()
        for builder, cells in table.items():
            if how == "again" and builder not in AGAIN:
                continue
            build, written = site.make(builder), site.written(builder)
            named = any(breakage.finding in finding for finding in build.findings)
            if not (build.code and named):
                cells.append(f"{how}: passes, or does not name it")
            elif builder in HTML:
                cells.append(f"{how}: published" if written else "refused")
            elif breakage.hidden in written:
                cells.append(f"{how}: published")
            else:
                cells.append("refused" if told in letters(written) else f"{how}: a gap")
    row = {builder: ", ".join(sorted(set(cells))) for builder, cells in table.items()}
    print(f"\n| {' | '.join([breakage.name, *row.values()])} |")  # noqa: T201 - the table
    assert row == dict.fromkeys(TABLE, "refused")
