"""One Sphinx does many builds, and each must be as good as a clean one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from livesnippets.finding import Finding, Kind, Place
from livesnippets.preview import sphinx_worker
from livesnippets.preview.events import Build, BuildFailed, Built, Site
from livesnippets.preview.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repository import Repository

CONF = """
import sys

sys.path.insert(0, __file__.rpartition("/")[0])
extensions = ["myst_parser", "livesnippets"]
html_theme = "bare"
html_theme_path = ["themes"]
html_use_index = False
exclude_patterns = ["_*"]
"""
INDEX, POLLING = "docs/index.md", "# Polling"


class Wire:
    """The preview's end of the connection: before each order, it does something."""

    def __init__(self, before: list[Callable[[], object]], *, anew: bool = False) -> None:
        self.before = before
        self.anew = anew
        self.sent: list[Built | BuildFailed] = []

    def send(self, event: Built | BuildFailed) -> None:
        """Keep what the process sends."""
        self.sent.append(event)

    def recv(self) -> Build:
        """Return the order: of what the act says it has changed, which is mostly nothing."""
        if not self.before:
            raise EOFError
        changed = self.before.pop(0)()
        return Build(changed if isinstance(changed, frozenset) else frozenset(), anew=self.anew)


class Previewed:
    """A repository that is built as the preview does it."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        root, made = repository.root, repository.root / "build"
        self.pages = made / "preview"
        self.folders = Folders(
            root, root / "docs", root, self.pages, made / "doctrees", made / "preview.log"
        )

    def build(
        self, *before: Callable[[], object], folders: Folders | None = None, anew: bool = False
    ) -> list[Built | BuildFailed]:
        """Have one process build after each of these acts; return what it sends."""
        wire = Wire([*before], anew=anew)
        sphinx_worker.build(wire, folders or self.folders)  # type: ignore[arg-type] # as good as one
        return wire.sent

    def sites(self, *before: Callable[[], object]) -> list[Site]:
        """Return the sites that are left after each act; each build has to work."""
        return [event.site for event in self.build(*before) if isinstance(event, Built)]

    def clean(self, folder: Path) -> Path:
        """Build everything into another folder, as a new preview would."""
        root = self.repository.root
        folders = Folders(root, root / "docs", root, folder, folder / "doctrees", folder / "log")
        assert isinstance(self.build(nothing, folders=folders, anew=True)[0], Built)
        return folder


@pytest.fixture
def previewed(repository: Repository) -> Previewed:
    """Return a repository that the preview has built."""
    repository.write("conf.py", CONF)
    previewed = Previewed(repository)
    (site,) = previewed.sites(nothing)
    assert site.findings == ()
    return previewed


def nothing() -> None:
    """Do nothing."""


def test_a_site_says_what_its_pages_are_made_from_and_show(previewed: Previewed) -> None:
    """Nobody has to read the pages to know."""
    (site,) = previewed.sites(nothing)
    assert site.pages["index.html"].source == INDEX
    assert site.pages["index.html"].shown == {"snippets/poller.py"}
    assert site.pages["search.html"].source == ""


def test_a_version_changes_with_the_page(previewed: Previewed) -> None:
    """And only with that: a page that was written again as it was keeps it."""
    write, edit = previewed.repository.write, previewed.repository.edit
    first, touched, edited = previewed.sites(
        lambda: write("docs/other.md", "# Other\n"),
        (previewed.repository.root / INDEX).touch,
        lambda: edit(INDEX, POLLING, "# Zanzibar"),
    )
    assert first.pages == touched.pages
    assert first.pages["index.html"] != edited.pages["index.html"]
    assert first.assets == edited.assets


def test_a_style_sheet_changes_the_assets(previewed: Previewed) -> None:
    """Each page may load it."""
    previewed.repository.write("docs/_static/site.css", "a {}\n")
    conf = previewed.repository.root / "conf.py"
    conf.write_text(f'{conf.read_text()}html_static_path = ["docs/_static"]\n')
    one, other = previewed.sites(
        nothing, lambda: previewed.repository.edit("docs/_static/site.css", "a", "b")
    )
    assert one.assets != other.assets
    assert one.pages == other.pages


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("helpers.py", "monotonic", "time"), ("snippets/poller.py", "True", "None")],
)
def test_each_build_weighs_the_evidence_as_it_is_then(
    previewed: Previewed, path: str, old: str, new: str
) -> None:
    """What went stale since the last build is found, what was put right is not."""
    right, wrong, proven = previewed.sites(
        nothing,
        lambda: previewed.repository.edit(path, old, new, keep_time=True),
        previewed.repository.prove,
    )
    assert right.findings == proven.findings == ()
    (finding,) = wrong.findings
    assert finding.kind == Kind.STALE
    assert f"{path} changed" in finding.message


def test_a_page_is_read_again_whatever_its_time_says(previewed: Previewed) -> None:
    """As it is when it is saved while a build reads it: Sphinx takes it for known then."""

    def edit(path: str, old: str, new: str) -> frozenset[str]:
        previewed.repository.edit(path, old, new, keep_time=True)
        return frozenset({path})

    before, missed, told, included = previewed.sites(
        nothing,
        lambda: [edit(INDEX, POLLING, "# Zanzibar")],
        lambda: frozenset({INDEX}),
        lambda: edit("snippets/poller.py", "A poller", "Pemba"),
    )
    versions = [site.pages["index.html"].version for site in (before, missed, told, included)]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    text = (previewed.pages / "index.html").read_text()
    assert "Zanzibar" in text
    assert "Pemba" in text


def test_a_warning_is_a_finding_at_its_place(previewed: Previewed) -> None:
    """As Sphinx has it, without its colours and the place in the text."""
    page = previewed.repository.root / INDEX
    (site,) = previewed.sites(
        lambda: page.write_text(f"{page.read_text()}\n```{{nonsense}}\n```\n")
    )
    (finding,) = [each for each in site.findings if each.kind == Kind.SPHINX]
    assert finding.place.path == INDEX
    assert finding.place.line > 1
    assert finding.message == "Unknown directive type: 'nonsense' [myst.directive_unknown]"


def test_what_only_a_new_sphinx_would_read_again_is_named(previewed: Previewed) -> None:
    """Themes, templates and the modules that the configuration imports."""
    previewed.repository.write("extension_of_ours.py", "def setup(app): pass\n")
    previewed.repository.edit("conf.py", '"livesnippets"]', '"livesnippets", "extension_of_ours"]')
    (site,) = previewed.sites(nothing)
    assert {"themes", "extension_of_ours.py"} <= site.loaded
    assert "snippets/poller.py" not in site.loaded


def test_a_configuration_may_lie_beside_its_pages(previewed: Previewed) -> None:
    """Of folders and their names, the preview assumes nothing."""
    root = previewed.repository.root
    (root / "docs").rename(root / "pages")
    (root / "conf.py").rename(root / "pages/conf.py")
    (root / "themes").rename(root / "pages/themes")
    folders = replace(previewed.folders, source=root / "pages", conf=root / "pages")
    (built,) = previewed.build(nothing, folders=folders)
    assert isinstance(built, Built)
    assert built.site.pages["index.html"].source == "pages/index.md"
    assert "pages/themes" in built.site.loaded


def test_a_page_that_is_gone_leaves_the_site(previewed: Previewed) -> None:
    """With what it showed and its entries in the index, and comes back."""
    other = previewed.repository.root / "docs/other.md"
    text = "# Other\n\n```{index} coral\n```\n"
    there, gone, back = previewed.sites(
        lambda: other.write_text(text), other.unlink, lambda: other.write_text(text)
    )
    assert there.pages == back.pages
    assert there.pages.keys() - gone.pages.keys() == {"other.html"}


def test_a_page_of_a_build_that_failed_never_gets_into_the_site(previewed: Previewed) -> None:
    """When its source is gone by then: the next Sphinx has never heard of it."""
    (draft,) = previewed.folders.doctrees.glob(".*/html")
    stray = draft / "folder/stray.html"
    stray.parent.mkdir()
    stray.write_text("<p>stray")
    before = {path.name for path in previewed.pages.rglob("*.html")}
    (site,) = previewed.sites(nothing)
    assert "folder/stray.html" not in site.pages
    assert {path.name for path in previewed.pages.rglob("*.html")} == before
    assert not stray.exists()


def test_a_page_that_is_only_written_again_is_as_it_was_read_last(previewed: Previewed) -> None:
    """So it is with one that shows another's title, and with the table of contents at each."""
    write, edit = previewed.repository.write, previewed.repository.edit
    write("themes/bare/page.html", "<!doctype html>{{ toctree() }}<main>{{ body }}</main>")
    index = "# Polling\n\n```{{toctree}}\n{}\n```\n\nText.\n"
    write("docs/index.md", index.format("other"))
    write("docs/other.md", "# Other\n")
    sites = previewed.sites(
        nothing,
        lambda: edit("docs/other.md", "# Other", "# Pemba"),
        lambda: edit(INDEX, "Text.", "Zanzibar."),
        lambda: edit("docs/other.md", "# Pemba", "# Mafia"),
        lambda: write("docs/another.md", "# Another\n") and edit(INDEX, "other", "other\nanother"),
        lambda: edit("docs/other.md", "# Mafia", "# Kojani"),
    )
    assert len(sites) == 6
    text = (previewed.pages / "index.html").read_text()
    assert "Zanzibar." in text
    assert "Kojani" in text
    assert "another.html" in (previewed.pages / "other.html").read_text()


def test_many_builds_end_where_a_clean_one_does(previewed: Previewed, tmp_path: Path) -> None:
    """Page for page; the search index keeps words that no page has any more, and finds nothing.

    Sphinx removes a page from the entry of each of its words before it reads the page again, and
    leaves the entry, with no page in it, when the word has gone: also between two ``sphinx-build``.
    """
    root = previewed.repository.root
    text, other = (root / INDEX).read_text(), root / "docs/other.md"
    acts: list[Callable[[], object]] = [
        lambda: other.write_text("# Other\n\nPemba.\n"),
        lambda: (root / INDEX).write_text(text.replace(POLLING, "# Zanzibar\n\n## Twice")),
        other.unlink,
        lambda: other.write_text("# Another\n\nMafia.\n"),
        lambda: (root / INDEX).write_text(text),
    ]
    assert len(previewed.sites(*acts, *acts)) == 10
    clean = previewed.clean(tmp_path / "clean")
    for page in ("index.html", "other.html", "search.html"):
        assert (previewed.pages / page).read_text() == (clean / page).read_text(), page
    found, wanted = (searchindex(folder) for folder in (previewed.pages, clean))
    assert found["terms"].pop("pemba") == found["titleterms"].pop("zanzibar") == []
    assert {**found, **without_empty(found)} == wanted


def searchindex(folder: Path) -> dict[str, Any]:
    """Return the search index of a site."""
    text = (folder / "searchindex.js").read_text()
    index: dict[str, Any] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    return index


def without_empty(index: dict[str, Any]) -> dict[str, Any]:
    """Return the words of a search index that are on a page."""
    words = ("terms", "titleterms")
    return {name: {w: p for w, p in index[name].items() if p != []} for name in words}


def test_a_full_disk_ends_the_process_and_the_next_one_makes_up_for_it(
    previewed: Previewed,
) -> None:
    """As when there is no room for the list of objects, which is written last."""
    written = previewed.folders.doctrees / ".preview-draft/html/objects.inv"
    written.unlink()
    written.symlink_to("/dev/full")
    edit = previewed.repository.edit
    (failed,) = previewed.build(lambda: edit(INDEX, POLLING, "# Zanzibar"), nothing)
    assert isinstance(failed, BuildFailed)
    assert failed.finding.place == Place("build/preview.log")
    assert "No space left on device" in failed.finding.message
    written.unlink()
    previewed.sites(nothing)
    assert "Zanzibar" in (previewed.pages / "index.html").read_text()
    assert "zanzibar" in (previewed.pages / "searchindex.js").read_text()


def test_a_conf_that_cannot_be_used_is_a_finding(previewed: Previewed) -> None:
    """At its own place, in one line."""
    previewed.repository.edit("conf.py", "import sys", "import = sys")
    (failed,) = previewed.build(nothing)
    assert isinstance(failed, BuildFailed)
    finding: Finding = failed.finding
    assert (finding.place.path, finding.kind) == ("conf.py", Kind.SPHINX)
    assert "syntax error" in finding.message
    assert "\n" not in str(finding)


def test_settings_that_cannot_be_used_are_their_own_finding(previewed: Previewed) -> None:
    """Not one of the configuration, which asks for them."""
    (previewed.repository.root / "pyproject.toml").write_text("[tool.livesnippets]\nlock = 1\n")
    (failed,) = previewed.build(nothing)
    assert isinstance(failed, BuildFailed)
    assert (failed.finding.place, failed.finding.kind) == (
        Place("pyproject.toml", 2),
        Kind.SETTINGS,
    )
