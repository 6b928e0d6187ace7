"""A published site is checked from outside: from its folder, and at its address."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from livesnippets.__main__ import main
from livesnippets.page.statement import FILE, FOLDER
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECOND = """
---
orphan: true
---

# Words

```{literalinclude} ../snippets/poller.py
:region: fetch
```
"""
LIST = "---\norphan: true\n---\n\n# Evidence\n\n```{evidence}\n```\n"
AGAIN = "build the site and publish it again"


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    command = ["git", *who, "-c", "commit.gpgsign=false", *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Return a checkout, whose site is built."""
    repository = Repository(tmp_path_factory.mktemp("verified") / "checkout")
    repository.begin()
    repository.write("docs/words.md", SECOND)
    repository.write("docs/evidence.md", LIST)
    repository.write(".gitignore", "/build/\n")
    git(repository.root, "init", "--quiet")
    git(repository.root, "add", ".")
    git(repository.root, "commit", "--quiet", "--message", "first")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    return repository


class Published:
    """A site that anybody may tamper with, and the checkout that it is compared with."""

    def __init__(self, checkout: Repository, site: Path) -> None:
        self.checkout = checkout
        self.site = site
        self.where = str(site)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change the first of a text in a file of the site."""
        file = self.site / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))

    def restate(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the statement."""
        file = self.site / FILE
        statement = msgspec.json.decode(file.read_bytes())
        change(statement)
        file.write_bytes(msgspec.json.encode(statement))

    def reseal(self, name: str) -> None:
        """Have the statement say that a file is as it is now."""
        digest = {"sha256": sha256((self.site / name).read_bytes()).hexdigest()}

        def change(statement: dict[str, Any]) -> None:
            for each in [*statement["subject"], *statement["predicate"]["configuration"]]:
                if each["name"] == name:
                    each["digest"] = digest

        self.restate(change)


@pytest.fixture(params=["folder", "address"])
def published(
    request: pytest.FixtureRequest,
    original: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Published]:
    """Return a copy of the site and of its checkout, in which ``verify`` is called."""
    shutil.copytree(original.root, tmp_path / "checkout", ignore=shutil.ignore_patterns("build"))
    shutil.copytree(original.root / "build/html", tmp_path / "site")
    monkeypatch.chdir(tmp_path / "checkout")
    published = Published(Repository(tmp_path / "checkout"), tmp_path / "site")
    if request.param == "folder":
        yield published
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=published.site)) as server:
        Thread(target=server.serve_forever).start()
        published.where = f"http://127.0.0.1:{server.server_port}"
        yield published
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def verify(published: Published, capsys: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    """Return what checks the site and returns the lines that it finds."""

    def check() -> list[str]:
        code = main(["verify", published.where])
        said = capsys.readouterr()
        assert said.err == ""
        lines = said.out.splitlines()
        if code == 0:
            assert re.fullmatch(
                r"\S+: 2 blocks on 4 pages are as commit \w{40} has them", lines.pop()
            )
        assert code == (1 if lines else 0)
        return lines

    return check


def test_a_site_that_nobody_has_touched_is_right(verify: Callable[[], list[str]]) -> None:
    """Without a word, but for what was compared."""
    assert verify() == []


def test_a_changed_character_is_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """In a block; also where the statement was made to agree with it."""
    published.replace("index.html", "Fetches", "Fetched")
    found = ["docs/index.md:3: shows text that is not in snippets/poller.py; run 'make clean html'"]
    assert verify() == found
    published.reseal("index.html")
    assert verify() == found


def test_changed_words_around_the_blocks_are_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """The page is not the one that was built."""
    published.replace("index.html", "<h1>Polling", "<h1>Rolling")
    [found] = verify()
    assert found.startswith("index.html:1: is not as it was built: ")
    assert found.endswith(f"; {AGAIN}")


def test_a_block_without_evidence_is_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """Somebody has put it there."""
    published.replace("words.html", "</h1>", "</h1><pre class='python'>import os\nos.abort()</pre>")
    [found] = verify()
    assert found.startswith("docs/words.md:1: Python typed into the page")


def test_a_block_whose_test_is_gone_is_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """The evidence was made anew without it, and the statement with that evidence."""
    without = published.checkout.test_run(without={"snippets/poller.py": {15}})
    published.checkout.prove(test_poller=without)
    made = published.checkout.evidence_file
    shutil.copy(made, published.site / FOLDER / made.name)
    shutil.rmtree(published.checkout.root / "tests")
    git(published.checkout.root, "checkout", "--", ".")
    name = f"{FOLDER}/{made.name}"
    assert verify() == [f"{name}:1: is not the evidence that the statement names; {AGAIN}"]
    published.reseal(name)
    found = verify()
    assert found
    assert all("snippets/poller.py:15" in each or "yesterday" in each for each in found)


def test_a_block_that_the_statement_does_not_name_is_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """Whatever its page says."""
    published.restate(
        lambda it: it["subject"].remove(
            next(each for each in it["subject"] if each["name"] == "words.html#block-1")
        )
    )
    [found] = verify()
    assert found.startswith("words.html:1: shows a block of snippets/poller.py that the statement")


def test_evidence_of_another_commit_is_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """Said by the statement, or by the files that the tests ran."""
    root = published.checkout.root
    first = git(root, "rev-parse", "HEAD")
    published.checkout.edit("helpers.py", "monotonic", "time")
    git(root, "commit", "--quiet", "--all", "--message", "second")
    second = git(root, "rev-parse", "HEAD")
    [found] = verify()
    assert found.startswith(f"{FILE}:1: is of commit {first}, and the checkout is at {second}; ")
    assert found.endswith(f"; run 'git checkout {first}'")
    published.replace(FILE, first, second)
    stale = verify()
    assert len(stale) == 2
    assert all("helpers.py changed" in each for each in stale)


def test_changes_that_no_commit_holds_are_found(
    published: Published, verify: Callable[[], list[str]]
) -> None:
    """Here, or where the site was built."""
    published.checkout.edit("helpers.py", "monotonic", "time")
    [found] = verify()
    assert found.endswith("and the checkout has changes since; commit or stash them")
    git(published.checkout.root, "checkout", "--", ".")

    def change(statement: dict[str, Any]) -> None:
        statement["predicate"]["configuration"][0]["annotations"] = {"uncommittedChanges": True}

    published.restate(change)
    [found] = verify()
    assert found.endswith(f"with changes that no commit holds; commit them, {AGAIN}")


def test_a_missing_page_is_found(published: Published, verify: Callable[[], list[str]]) -> None:
    """Each that the statement names."""
    (published.site / "words.html").unlink()
    assert verify() == [f"words.html:1: is missing: the statement names it; {AGAIN}"]


@pytest.mark.parametrize("named_by", ["sitemap", "link"])
def test_an_added_page_is_found(
    published: Published, verify: Callable[[], list[str]], named_by: str
) -> None:
    """At an address, if the sitemap or a page names it."""
    (published.site / "more").mkdir()
    (published.site / "more/index.html").write_text("<!doctype html>more")
    if named_by == "sitemap":
        sitemap = f"<urlset><url><loc>{published.where}/more/</loc></url></urlset>"
        (published.site / "sitemap.xml").write_text(sitemap)
    else:
        published.replace("index.html", "</h1>", "</h1><a href='more/?a=b#c'>more</a>")
        published.reseal("index.html")
    added = "more/index.html:1: was added: the statement does not name it"
    assert verify() == [f"{added}; remove it, or {AGAIN}"]


def refused(where: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the line that says why nothing can be checked."""
    assert main(["verify", where]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.rstrip("\n")


def test_what_is_no_site_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do, and exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert refused("x", capsys) == "x: is no folder; name that of a site, or its address"
    unreachable = refused("http://127.0.0.1:9/", capsys)
    assert unreachable.startswith(f"http://127.0.0.1:9/{FILE}: cannot be read (")
    assert refused("http://[::1", capsys).startswith(f"http://[::1/{FILE}: cannot be read (")
    assert refused(".", capsys).startswith(f".: holds no {FILE}; name a site")
    for content in (b"{", b"[]", b'{"_type": "https://in-toto.io/Statement/v1"}'):
        (tmp_path / FILE).write_bytes(content)
        assert refused(".", capsys).startswith(f"./{FILE}: is no statement of a site (")
