"""What search engines, other sites and the lost get: the heads of the pages, and what is around."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from msgspec import yaml
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import ROOT, SITE
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

ADDRESSES = {
    "SITE_URL": "https://docs.example/base",
    "SITE_SOURCE": "https://code.example/blob/0fd0a7d123",
    "SITE_EDIT": "https://code.example/edit/main",
}
FRONT = "# One\n\nThe *first* page.\n\n```{toctree}\ndeep/two\n```\n"
SECOND = "# Two\n\nThe second page.\n\n```{literalinclude} ../../snippets/poller.py\n```\n"
MADE = ("search.html", "404.html")
DOCUMENTS = sorted(path for path in SITE.rglob("*.html") if path.name not in MADE)


class Trial(Repository):
    """Two pages that are built as this site is: with its `conf.py`, by a Sphinx of their own."""

    def begin(self) -> None:
        """Write the pages, and prove what they show."""
        super().begin()
        self.write("docs/index.md", FRONT)
        self.write("docs/deep/two.md", SECOND)

    def publish(self, **addresses: str) -> str:
        """Build strictly, for a host far east that gives these addresses; return Sphinx's words."""
        command = [sys.executable, "-m", "sphinx", "-W", "-q", "-N", "-c", str(ROOT)]
        settings = ["-D", f"livesnippets_root={self.root}", "-d", str(self.root / "build/doctrees")]
        done = subprocess.run(
            [*command, *settings, "-b", "html", str(self.root / "docs"), str(self.site)],
            env={**os.environ, "TZ": "LATE-14", **addresses},  # 14 hours before UTC
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout + ("" if done.returncode == 0 else f"exit code {done.returncode}\n")

    def git(self, *arguments: str, day: int = 1) -> None:
        """Run git, at noon of a day of May 2026."""
        when = f"2026-05-0{day}T12:00:00+00:00"
        says = {"NAME": "a", "EMAIL": "a", "DATE": when}
        roles = ("AUTHOR", "COMMITTER")
        by = {f"GIT_{role}_{what}": value for role in roles for what, value in says.items()}
        command = ["git", "-C", str(self.root), *arguments]
        subprocess.run(command, env={**os.environ, **by}, check=True, capture_output=True)

    @property
    def site(self) -> Path:
        """The finished pages."""
        return self.root / "build/html"

    def page(self, name: str) -> LexborHTMLParser:
        """Return a finished page."""
        return LexborHTMLParser((self.site / name).read_bytes())


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Return pages whose host gives all addresses, and has all commits: the second is of code."""
    trial = Trial(tmp_path_factory.mktemp("hosted"))
    trial.begin()
    trial.write(".gitignore", "build\n")
    trial.git("init")
    trial.git("add", ".")
    trial.git("commit", "-m", "begin")
    trial.edit("snippets/poller.py", "A poller", "The poller")
    trial.git("commit", "-am", "go on", day=2)
    trial.prove()
    assert trial.publish(**ADDRESSES) == ""
    return trial


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Return pages without any address, after a build that had one; git does not know them."""
    trial = Trial(tmp_path_factory.mktemp("unpacked"))
    trial.begin()
    assert trial.publish(**ADDRESSES) == ""
    assert trial.publish() == ""
    return trial


def said(page: LexborHTMLParser) -> dict[str, str]:
    """Return what the head of a page says, by name."""
    tags = [tag.attributes for tag in page.css("head meta[content]")]
    links = [tag.attributes for tag in page.css("head link[rel]")]
    named = [(tag.get("property") or tag.get("name"), tag["content"]) for tag in tags]
    named += [(link["rel"], link["href"]) for link in links]
    return {name or "": content or "" for name, content in named}


def test_each_page_has_a_description_of_its_own() -> None:
    """It is text of the page, and long enough to choose by, and not much longer than is shown."""
    found = [said(LexborHTMLParser(path.read_bytes()))["description"] for path in DOCUMENTS]
    assert len(found) > 10
    assert len(set(found)) == len(found)
    assert [text for text in found if not 80 <= len(text) <= 200] == []


@pytest.mark.parametrize(
    ("name", "size"), [("card.png", [1200, 630]), ("apple-touch-icon.png", [180, 180])]
)
def test_what_stands_for_the_site_elsewhere_is_small_and_of_the_usual_size(
    name: str, size: list[int]
) -> None:
    """The card beside a link to it, and its icon on a phone."""
    picture = (SITE / "_static" / name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert [int.from_bytes(picture[at : at + 4]) for at in (16, 20)] == size
    assert len(picture) <= 60_000


DIFFERENCE = """async () => {
  const squares = async (end) => {
    const image = new Image();
    image.src = `_static/card.${end}`;
    await image.decode();
    const context = new OffscreenCanvas(1200, 630).getContext("2d");
    context.drawImage(image, 0, 0);
    const values = new Array(40 * 21 * 3).fill(0);
    context.getImageData(0, 0, 1200, 630).data.forEach((value, at) => {
      const [column, row] = [Math.floor(at / 120) % 40, Math.floor(at / 144000)];
      if (at % 4 < 3) values[(row * 40 + column) * 3 + at % 4] += value / 900;
    });
    return values;
  };
  const [drawing, card] = [await squares("svg"), await squares("png")];
  return Math.max(...drawing.map((value, at) => Math.abs(value - card[at])));
}"""
"""The largest difference between squares of 30 by 30 pixels, of 255."""


def test_the_card_shows_what_its_drawing_does(visit: Callable[..., Page], served: str) -> None:
    """Seen from afar, for another machine has other letters."""
    assert visit(f"{served}/index.html").evaluate(DIFFERENCE) <= 100


def test_a_page_says_at_which_address_it_is(hosted: Trial) -> None:
    """To search engines and to whoever shows a link to it, with the card."""
    says = said(hosted.page("deep/two.html"))
    assert says["canonical"] == says["og:url"] == "https://docs.example/base/deep/two.html"
    assert says["og:title"] == "Two"
    assert says["og:description"] == says["description"] == "The second page."
    assert says["og:image"] == "https://docs.example/base/_static/card.png"
    assert says["twitter:card"] == "summary_large_image"
    assert says["apple-touch-icon"] == "../_static/apple-touch-icon.png"


def test_a_page_without_an_address_invents_none(unpacked: Trial) -> None:
    """What would name it is left out; title and description stay."""
    says = said(unpacked.page("deep/two.html"))
    assert says["description"] == "The second page."
    assert says["og:title"] == "Two"
    assert says.keys().isdisjoint({"canonical", "og:url", "og:image", "twitter:card"})
    assert not (unpacked.site / "sitemap.xml").exists()
    assert (unpacked.site / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"


def listed(trial: Trial) -> list[str]:
    """Return the addresses in the list of pages."""
    found = ET.parse(trial.site / "sitemap.xml").iter()  # noqa: S314 - the build has written it
    return [entry.text or "" for entry in found if entry.tag.endswith("}loc")]


def test_the_list_of_pages_is_whole_when_one_was_changed(hosted: Trial) -> None:
    """Crawlers learn from robots.txt where it is."""
    pages = [f"https://docs.example/base/{name}" for name in ("deep/two.html", "index.html")]
    assert listed(hosted) == pages
    hosted.write("docs/index.md", f"{FRONT}\nMore.\n")
    assert hosted.publish(**ADDRESSES) == ""
    assert listed(hosted) == pages
    robots = (hosted.site / "robots.txt").read_text()
    assert robots.endswith("Sitemap: https://docs.example/base/sitemap.xml\n")


def test_the_search_knows_all_pages_when_one_was_changed(unpacked: Trial) -> None:
    """With the code on them, and what is new."""
    unpacked.write("docs/index.md", f"{FRONT}\nMore.\n")
    assert unpacked.publish() == ""
    index = (unpacked.site / "sections.js").read_text()
    assert [text in index for text in ("The second page.", "def other_task", "More.")] == [True] * 3


def test_a_page_and_its_blocks_lead_to_their_sources_at_the_commit_and_to_an_editor(
    hosted: Trial,
) -> None:
    """All where the host says that they are; HTML knows no links of a kind "edit"."""
    page = hosted.page("deep/two.html")
    [block] = page.css(".snippet-evidence a[href*='/snippets/']")
    assert (block.attributes["href"] or "").startswith(
        "https://code.example/blob/0fd0a7d123/snippets/poller.py#L"
    )
    links = page.css(".content-icon-container a")
    assert [link.attributes["href"] for link in links] == [
        "https://code.example/blob/0fd0a7d123/docs/deep/two.md",
        "https://code.example/edit/main/docs/deep/two.md",
    ]
    assert [link for link in links if "rel" in link.attributes] == []


def test_a_page_without_a_repository_leads_to_the_copy_of_its_source(unpacked: Trial) -> None:
    """It lies beside the pages; nobody can edit that."""
    page = unpacked.page("deep/two.html")
    [link] = [link.attributes["href"] for link in page.css(".view-this-page a")]
    copy = (unpacked.site / "deep" / (link or "")).resolve()
    assert copy.read_text() == SECOND
    assert page.css(".edit-this-page") == []


def updated(trial: Trial) -> list[str]:
    """Return what the foot of each page says of when it was changed."""
    feet = (trial.page(name).css_first(".last-updated") for name in ("index.html", "deep/two.html"))
    return [foot.text(strip=True) if foot else "" for foot in feet]


def test_a_page_says_on_which_day_it_or_its_code_was_changed(hosted: Trial) -> None:
    """As git knows it, whatever the day is, and the time zone; what is no document says nothing."""
    assert updated(hosted) == ["Last updated on 1 May 2026", "Last updated on 2 May 2026"]
    changed = said(hosted.page("deep/two.html"))["article:modified_time"]
    assert changed == "2026-05-02T12:00:00+00:00"
    assert hosted.page("search.html").css(".last-updated") == []


def test_a_clone_without_history_says_no_day_and_a_bad_address_is_named(
    hosted: Trial, tmp_path: Path
) -> None:
    """The one without a word, the other with what to give instead, on one line."""
    shallow = Trial(tmp_path / "shallow")
    hosted.git("clone", "--depth=1", f"file://{hosted.root}", str(shallow.root))
    shallow.prove()
    assert shallow.publish(SITE_URL="docs.example").splitlines() == [
        "WARNING: SITE_URL=docs.example: give an address that begins with https://, or none",
        "exit code 1",
    ]
    assert updated(shallow) == ["", ""]
    assert "canonical" not in said(shallow.page("index.html"))


def test_a_page_names_the_licence(unpacked: Trial) -> None:
    """At its foot, with the address by which licences are known."""
    [link] = unpacked.page("index.html").css("footer a[rel=license]")
    assert link.text() == "Apache-2.0"
    assert link.attributes["href"] == "https://www.apache.org/licenses/LICENSE-2.0"


def test_links_for_the_lost_begin_at_the_root_of_the_site(hosted: Trial) -> None:
    """The page is shown at any depth."""
    page, kinds = hosted.page("404.html"), ("href", "src", "action")
    names = [tag.attributes[kind] or "" for kind in kinds for tag in page.css(f"[{kind}]")]
    ours = [name for name in names if not name.startswith(("#", "https://"))]
    assert len(ours) > 10
    assert [name for name in ours if not name.startswith("/base/")] == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_lost_find_all_pages_and_a_search(
    visit: Callable[..., Page], served: str, width: int
) -> None:
    """At an address that never was, below folders that never were."""
    lost = f"{served}/never/was/here.html"
    page = visit(lost, expected="404", viewport={"width": width, "height": 800})
    assert page.title().startswith("Page not found")
    links = page.locator("article li a").evaluate_all("links => links.map((link) => link.href)")
    assert len(links) == len(DOCUMENTS) - 1  # but for the front page, which the page's head names
    for link in links:
        assert (SITE / link.removeprefix(f"{served}/")).is_file()
    page.get_by_label("Words to look for").fill("actor")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{served}/search.html?q=actor")


READ_THE_DOCS = {
    "READTHEDOCS_CANONICAL_URL": "https://docs.example/en/latest/",
    "READTHEDOCS_GIT_CLONE_URL": "https://code.example/who/what.git",
    "READTHEDOCS_GIT_COMMIT_HASH": "0fd0a7d123",
    "READTHEDOCS_GIT_IDENTIFIER": "main",
    "READTHEDOCS_VERSION_TYPE": "branch",
}
GIVEN = {
    "SITE_URL": "https://docs.example/en/latest/",
    "SITE_SOURCE": "https://code.example/who/what/blob/0fd0a7d123",
    "SITE_EDIT": "https://code.example/who/what/edit/main",
}


@pytest.mark.parametrize(
    ("says", "missing"),
    [
        ({}, set()),
        ({"READTHEDOCS_VERSION_TYPE": "external"}, {"SITE_EDIT"}),
        (
            {"READTHEDOCS_GIT_CLONE_URL": "git@code.example:who/what.git"},
            {"SITE_SOURCE", "SITE_EDIT"},
        ),
    ],
)
def test_read_the_docs_gives_the_addresses_that_it_knows(
    tmp_path: Path, says: dict[str, str], missing: set[str]
) -> None:
    """A branch, a change that is proposed, and a private repository."""
    build = yaml.decode((ROOT / ".readthedocs.yaml").read_text())["build"]
    [command] = [each for each in build["commands"] if "make html" in each]
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    make.chmod(0o700)
    environment = {"PATH": str(tmp_path), **READ_THE_DOCS, **says}
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=True
    )
    target, *variables = done.stdout.splitlines()
    assert target == "html"
    given = dict(each.split("=", 1) for each in variables)
    assert given == GIVEN | dict.fromkeys(missing, "")
