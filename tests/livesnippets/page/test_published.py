"""What lies in an output folder and is no build's own is nobody's business."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from livesnippets.page.published import MADE, publish, withdraw

if TYPE_CHECKING:
    from pathlib import Path

FOREIGN = ("v1.0/index.html", "coverage/index.html", "guide/mine.html", "CNAME", "index.htm")


class Folders:
    """A site, and the folder that it is published in."""

    def __init__(self, root: Path) -> None:
        self.site, self.out = root / "site", root / "out"
        self.site.mkdir()

    def write(self, *names: str, text: str = "text") -> None:
        """Write files of the site."""
        for name in names:
            write(self.site / name, text)

    def published(self) -> set[str]:
        """Return the names of the files in the output folder, but for the list of them."""
        return names(self.out) - {MADE}


def write(file: Path, text: str) -> None:
    """Write a file, with its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def names(folder: Path) -> set[str]:
    """Return the names of the files in a folder."""
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Return a site of two pages, which is published beside files of others."""
    folders = Folders(tmp_path)
    for name in FOREIGN:
        write(folders.out / name, "foreign")
    folders.write("index.html", "guide/page.html")
    publish(folders.site, folders.out)
    return folders


def test_a_site_is_published_beside_what_others_have_put_there(folders: Folders) -> None:
    """Nothing else is touched."""
    assert folders.published() == {"index.html", "guide/page.html", *FOREIGN}


def test_what_a_site_has_no_more_is_removed(folders: Folders) -> None:
    """Of the files that an earlier build has put there, and of the folders these leave empty."""
    (folders.site / "guide/page.html").unlink()
    folders.write("deep/down/page.html")
    publish(folders.site, folders.out)
    (folders.site / "deep/down/page.html").rename(folders.site / "deep.html")
    publish(folders.site, folders.out)
    assert folders.published() == {"index.html", "deep.html", *FOREIGN}
    assert not (folders.out / "deep").exists()


def test_a_file_may_become_a_folder_and_a_folder_a_file(folders: Folders) -> None:
    """Of one name."""
    folders.write("one", "other/page")
    publish(folders.site, folders.out)
    for name in ("one", "other/page"):
        (folders.site / name).unlink()
    (folders.site / "other").rmdir()
    folders.write("one/page", "other")
    publish(folders.site, folders.out)
    assert folders.published() == {"index.html", "guide/page.html", "one/page", "other", *FOREIGN}


def test_only_what_differs_is_written(folders: Folders) -> None:
    """Whatever the times and sizes of files say."""
    page, other = folders.out / "index.html", folders.out / "guide/page.html"
    before, untouched = page.stat(), other.stat().st_mtime_ns
    page.write_text("txet")
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    publish(folders.site, folders.out)
    assert page.read_text() == "text"
    assert other.stat().st_mtime_ns == untouched


def test_what_stands_in_the_place_of_a_file_is_replaced(folders: Folders) -> None:
    """And not read: it may have no end."""
    page = folders.out / "index.html"
    page.unlink()
    page.symlink_to("/dev/zero")
    publish(folders.site, folders.out)
    assert page.read_text() == "text"
    assert not page.is_symlink()


def test_withdrawing_leaves_what_others_have_put_there(folders: Folders) -> None:
    """Also where the folder is given to a command."""
    command = [sys.executable, "-m", "livesnippets.page.published", str(folders.out)]
    subprocess.run(command, check=True)
    assert names(folders.out) == {*FOREIGN}
    assert {folder.name for folder in folders.out.iterdir() if folder.is_dir()} == {
        "v1.0",
        "coverage",
        "guide",
    }


def test_a_folder_that_holds_nothing_else_goes(tmp_path: Path) -> None:
    """Then nothing is left that looks published."""
    folders = Folders(tmp_path)
    folders.write("index.html", "_static/x.css")
    publish(folders.site, folders.out)
    withdraw(folders.out)
    assert not folders.out.exists()
    withdraw(folders.out)


def test_what_would_have_been_written_over_is_withdrawn(folders: Folders) -> None:
    """Such as the pages of a build before this package was used."""
    (folders.out / MADE).unlink()
    withdraw(folders.out, ["index.html"])
    assert folders.published() == {"guide/page.html", *FOREIGN}


@pytest.mark.parametrize(
    "text", ["", "[", "{}", '["../kept", "a/../../kept", ".", "{kept}"]'], ids=str
)
def test_a_list_that_is_not_as_it_was_written_does_no_harm(folders: Folders, text: str) -> None:
    """It can name nothing outside the folder."""
    kept = folders.out.with_name("kept")
    kept.write_text("kept")
    (folders.out / MADE).write_text(text.replace("{kept}", str(kept)))
    publish(folders.site, folders.out)
    withdraw(folders.out)
    assert kept.exists()
    assert names(folders.out) == {*FOREIGN}


def test_what_an_interruption_leaves_is_known(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is whole, old or new, and the next build removes what should not be there."""
    folders.write("index.html", "guide/page.html", "new.html", "newer.html", text="news")
    left, replace = [2], os.replace

    def interrupted(self: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            publish(folders.site, folders.out)
    pages = names(folders.out) - {MADE, *FOREIGN}
    assert {(folders.out / name).read_text() for name in pages} == {"text", "news"}
    withdraw(folders.out)
    assert names(folders.out) == {*FOREIGN}
