"""What a page offers to take along: its text, its code in an archive, and a notebook that runs."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Page, expect
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import PATTERN, RAY_GET, ROOT, SITE, outputs_of

PAGES = [
    page.relative_to(SITE).as_posix()
    for page in sorted(SITE.rglob("*.html") if SITE.exists() else ())
    if LexborHTMLParser(page.read_bytes()).css_first(".snippet[data-origin=module]")
]
each_page = pytest.mark.parametrize("path", PAGES)


def test_there_are_pages() -> None:
    """The site was built."""
    assert PATTERN in PAGES, "run 'make html'"


def offered(path: str) -> dict[str, Path]:
    """Return what the line below a page's title leads to, by its text."""
    page = LexborHTMLParser((SITE / path).read_bytes())
    (line,) = page.css("h1 + .take")
    return {
        link.text(): (SITE / path).parent / unquote(link.attributes["href"] or "")
        for link in line.css("a")
    }


def shown_by(path: str) -> set[str]:
    """Return the modules of which a page shows code."""
    page = LexborHTMLParser((SITE / path).read_bytes())
    blocks = page.css(".snippet[data-origin=module]")
    return {block.attributes["data-snippet"] or "" for block in blocks}


@each_page
def test_a_page_offers_its_text_a_notebook_and_its_code(path: str) -> None:
    """In files that lie beside it."""
    files = offered(path)
    assert list(files) == ["copy page", "notebook", "code"]
    assert all(file.is_file() for file in files.values())


@each_page
def test_an_archive_holds_the_modules_and_all_that_they_import(path: str) -> None:
    """To the byte as the tests ran them, in the folders where they find each other."""
    with ZipFile(offered(path)["code"]) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert shown_by(path) <= files.keys()
    for name, content in files.items():
        assert content == (ROOT / name).read_bytes()
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("snippets."):
                module = (node.module or "").replace(".", "/")
                members = {f"{module}/{alias.name}.py" for alias in node.names}
                assert f"{module}.py" in files or members <= files.keys()


@each_page
def test_a_notebook_writes_what_the_archive_holds_and_runs_what_the_page_ran(path: str) -> None:
    """It is a valid one, with the page's text; a program is run after its modules are written."""
    files = offered(path)
    notebook = nbformat.read(files["notebook"], as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    with ZipFile(files["code"]) as archive:
        held = {name: archive.read(name).decode().rstrip("\n") for name in archive.namelist()}
    written = [cell.split("\n", 1) for cell in code if cell.startswith("%%writefile ")]
    assert {head.split()[1]: text for head, text in written} == held
    page = LexborHTMLParser((SITE / path).read_bytes())
    outputs = page.css("[data-display=output]")
    programs = [json.loads(output.attributes["data-request"] or "") for output in outputs]
    run = [cell.split()[-1] for cell in code if cell.startswith("!{sys.executable} -m ")]
    assert run[: len(programs)] == programs
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert words(text) == words(files["copy page"].read_text())


def words(text: str) -> list[str]:
    """Return the words of a text; links lead on from wherever it is."""
    return re.sub(r"\]\([^)]*\)", "]", text).split()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", [PATTERN, RAY_GET])
def test_a_notebook_runs_where_there_is_ray_and_not_this_repository(
    path: str, cluster_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its programs prints what the page says."""
    monkeypatch.setenv("RAY_ADDRESS", cluster_address)
    notebook = nbformat.read(offered(path)["notebook"], as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, resources=where).execute()
    printed = [
        output["text"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    ]
    said = "".join(printed).splitlines()
    page = LexborHTMLParser((SITE / path).read_bytes())
    for lines in outputs_of(page).values():
        assert [line for line in lines if not any(map(line.fullmatch, said))] == [], said


def test_the_text_of_a_page_is_copied(visit: Callable[..., Page], served: str) -> None:
    """By one press; and it says so."""
    page = visit(f"{served}/{PATTERN}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="copy page").click()
    expect(page.get_by_role("status").filter(has_text="copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == (SITE / PATTERN).with_suffix(".md").read_text()


def test_where_nothing_can_be_copied_the_text_opens(
    visit: Callable[..., Page], served: str
) -> None:
    """If the browser refuses; and from a folder, whose files a page may not read."""
    for address in (f"{served}/{PATTERN}", PATTERN):
        page = visit(address, expected="404")  # a text has no icon
        page.evaluate("void (Clipboard.prototype.write = () => Promise.reject())")
        page.get_by_role("link", name="copy page").click()
        page.wait_for_url("**/*.md")
