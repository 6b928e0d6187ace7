"""What a browser has to fetch for a first view."""

import gzip
import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import PATTERN, SITE, root_of_site

PAGES = sorted(SITE.rglob("*.html")) if SITE.exists() else []
LOADS = (
    ("script[src]", "src"),
    ("img[src]", "src"),
    ("link[rel=stylesheet], link[rel=icon], link[rel=preload]", "href"),
)


def loaded_by(path: Path) -> list[str]:
    """Return what a page makes a browser load, as the page names it."""
    page = LexborHTMLParser(path.read_bytes())
    return [node.attributes[name] or "" for css, name in LOADS for node in page.css(css)]


def file(path: Path, name: str) -> Path:
    """Return the file that a page names; that for lost readers begins at the site's root."""
    name = name.partition("?")[0]
    return SITE / name.removeprefix(f"{root_of_site()}/") if name[0] == "/" else path.parent / name


def test_there_are_pages() -> None:
    """The site was built."""
    assert SITE / PATTERN in PAGES, "run 'make html'"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_asks_another_host_for_anything(path: Path) -> None:
    """Scripts, styles, fonts and pictures all lie in the site."""
    loads = loaded_by(path)
    assert [name for name in loads if re.match(r"(https?:)?//", name)] == []
    for name in loads:
        assert file(path, name).is_file()


def test_no_style_asks_another_host_for_anything() -> None:
    """Neither @import nor url() leaves the site."""
    for style in SITE.rglob("*.css"):
        assert re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", style.read_text()) == []


def test_the_first_view_of_the_pattern_page_is_light() -> None:
    """Page, styles and scripts are at most 60 KB together, gzipped."""
    path = SITE / PATTERN
    files = [path, *(file(path, name) for name in loaded_by(path))]
    assert sum(len(gzip.compress(each.read_bytes())) for each in files) <= 60 * 1024
