from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from tests.support.repository import Build, Repository

BLOCK = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")

FETCH = "    def fetch(self):\n        return now()\n"
OTHER_TASK = "    def other_task(self):\n        return True\n"


def show(repository: Repository, options: str = "", path: str = "../snippets/poller.py") -> None:
    """Put a second block on the page, below the whole file."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n```{{literalinclude}} {path}\n{options}\n```\n")


def blocks(build: Build) -> list[str]:
    """Return the text that a reader copies, of each block."""
    return [html.unescape(TAG.sub("", block)) for block in BLOCK.findall(build.page())]


@pytest.mark.parametrize(
    ("options", "text", "span"),
    [
        (":pyobject: Poller.other_task", OTHER_TASK, "15-16"),
        (":region: fetch", FETCH, "10-11"),
        (":region: fetch\n:dedent:", "def fetch(self):\n    return now()\n", "10-11"),
        (":region: fetch\n:dedent: 4", "def fetch(self):\n    return now()\n", "10-11"),
    ],
)
def test_a_part_of_a_module_is_shown_as_it_stands_in_the_file(
    repository: Repository, options: str, text: str, span: str
) -> None:
    """A definition or a region, moved to the left if asked."""
    show(repository, options)
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert blocks(build)[1] == text
    assert f'data-snippet="snippets/poller.py" data-lines="{span}"' in build.page()


def test_the_whole_module_is_shown_without_its_markers(repository: Repository) -> None:
    """Markers are for editors and tests; a page never shows them."""
    repository.write(
        "snippets/poller.py",
        """
        # region all
        # region first
        x = 1
        # endregion first
        y = "# region z"
        # endregion all
        """,
    )
    repository.prove()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert blocks(build) == ['x = 1\ny = "# region z"\n']


def test_a_file_without_a_last_newline_is_shown_whole(repository: Repository) -> None:
    """The missing newline is the only difference that is allowed."""
    repository.write("snippets/poller.py", "x = 1\ny = 2")
    repository.prove()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert blocks(build) == ["x = 1\ny = 2\n"]


def test_blank_lines_and_odd_characters_survive(repository: Repository) -> None:
    """Markup, other scripts and doctest flags in code reach the reader unchanged."""
    text = 'z = "\x0c", "\x85"\nx = "<b>&amp;</b>"\n\n\ny = "ξ → ∞"  # doctest: +SKIP\n'
    repository.write("snippets/poller.py", text)
    repository.prove()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert blocks(build) == [text]
    assert 'data-lines="1-5"' in build.page()


def test_caption_name_class_and_emphasis_stay(repository: Repository) -> None:
    """What Sphinx offers beside the code works as ever."""
    options = ":region: fetch\n:caption: It *fetches*\n:name: fetching\n:class: wide"
    show(repository, f"{options}\n:emphasize-text: now()")
    build = repository.build()
    assert (build.code, build.complained) == (0, "")
    page = build.page()
    assert 'id="fetching"' in page
    assert "It <em>fetches</em>" in page
    assert "wide" in page
    assert re.search(r'class="hll">.*?now', page)
    assert blocks(build)[1] == FETCH


def test_a_caption_can_be_left_to_the_path(repository: Repository) -> None:
    """An empty caption is the path, as with Sphinx."""
    show(repository, ":region: fetch\n:caption:")
    assert '<span class="caption-text">../snippets/poller.py</span>' in repository.build().page()


def test_other_text_files_need_no_proof(repository: Repository) -> None:
    """A configuration file is shown as it is, in its language."""
    repository.write("docs/config.toml", 'x = "1"\n')
    show(repository, ":language: toml\n:class: wide", "config.toml")
    build = repository.build()
    assert (build.code, build.complained) == (0, "")
    assert blocks(build)[1] == 'x = "1"\n'
    assert "highlight-toml" in build.page()


@pytest.mark.parametrize("language", ["python3", "text", "none"])
def test_a_module_needs_its_proof_in_any_language(repository: Repository, language: str) -> None:
    """Calling a module text does not let it out."""
    repository.write("docs/index.md", "# Polling\n")
    show(repository, f":language: {language}")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    repository.prove(test_poller=repository.test_run(outcome="skipped"))
    assert "test_poller is skipped: " in repository.refuse_at_block()


IN_VAIN = {
    ":region: zzz": "snippets/poller.py:1: has no region 'zzz'; there is 'fetch'",
    ":pyobject: Poler": "snippets/poller.py:1: defines no 'Poler'; did you mean 'Poller'?",
    ":pyobject: Poller\n:region: fetch": ":region: and :pyobject: exclude each other; keep one",
    ":emphasize-text: fletch": "snippets/poller.py:1: shows no 'fletch'",
    ":pyobject: Poller\n:changed-from: ../snippets/poller.py Poller": (
        ":changed-from: no line is changed from '../snippets/poller.py Poller'; remove it"
    ),
    ":changed-from: ../snippets/poller.py Poler": (
        "snippets/poller.py:1: defines no 'Poler'; did you mean 'Poller'?"
    ),
    ":lines: 1-2": ":lines: is refused: line numbers drift; use :region: or :pyobject:",
    ":start-after: class": ":start-after: is refused: the first line that happens to contain",
    ":start-at: class": ":start-at: is refused: the first line that happens to contain",
    ":end-before: class": ":end-before: is refused: the first line that happens to contain",
    ":end-at: class": ":end-at: is refused: the first line that happens to contain",
    ":append: x = 1": ":append: is refused: ",
    ":prepend: x = 1": ":prepend: is refused: ",
    ":diff: ../helpers.py": ":diff: is refused: ",
    ":emphasize-lines: 1": ":emphasize-lines: is refused: line numbers drift",
    ":linenos:": ":linenos: is refused: ",
    ":lineno-start: 3": ":lineno-start: is refused: ",
    ":lineno-match:": ":lineno-match: is refused: ",
    ":tab-width: 2": ":tab-width: is refused: ",
    ":encoding: latin-1": ":encoding: is refused: ",
    ":force:": ":force: is refused: ",
}


def test_what_a_page_asks_in_vain_is_refused(proven: Repository) -> None:
    """A wrong name or an option that changes code is found where the page has it, each one."""
    places = []
    for options in IN_VAIN:
        places.append(len((proven.root / "docs/index.md").read_text().splitlines()) + 2)
        show(proven, options)
    findings = proven.refuse()
    for finding, place, complaint in zip(findings, places, IN_VAIN.values(), strict=True):
        assert finding.startswith(f"docs/index.md:{place}: {complaint}")
    preview = proven.build(strict=False)
    assert (preview.code, preview.shown) == (0, findings)


@pytest.mark.parametrize(
    ("path", "options", "complaint"),
    [
        ("../snippets/gone.py", "", "snippets/gone.py:1: does not exist; check the path"),
        ("gone.toml", "", "cannot be read"),
        ("../requirements.txt", ":region: x", ":region: works for Python modules only"),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused(
    proven: Repository, path: str, options: str, complaint: str
) -> None:
    """The page names it, so the finding names the page."""
    show(proven, options, path)
    finding = proven.refuse_at_block()
    assert finding.startswith("docs/index.md:6: ")
    assert complaint in finding


def test_code_outside_the_snippets_is_refused(proven: Repository) -> None:
    """A page shows modules of the snippet folder alone, tested or not."""
    show(proven, path="../helpers.py")
    [finding] = proven.refuse()
    assert finding.startswith("docs/index.md:6: shows helpers.py; code on pages lives in snippets/")


def test_an_unsound_module_is_refused(proven: Repository) -> None:
    """A wrong marker is found whether or not the page asks for its region."""
    proven.write("snippets/poller.py", "x = 1\n# region a\ny = 1\n")
    complaint = "snippets/poller.py:2: region 'a' is never closed; add '# endregion a'"
    assert proven.refuse() == [complaint]
    preview = proven.build(strict=False)
    assert (preview.code, preview.shown) == (0, [f"docs/index.md:3: {complaint}"])


def test_a_block_can_be_folded_away(repository: Repository) -> None:
    """It is closed at first, under its title; its proof is inside, and it is judged as ever."""
    repository.edit("docs/index.md", "poller.py\n", "poller.py\n:fold: The <poller>\n")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    (fold,) = LexborHTMLParser(build.page()).css(".snippet > details.snippet-fold")
    assert "open" not in fold.attributes
    title = fold.css_first("summary")
    assert title is not None
    assert title.text() == "The <poller>"
    assert fold.css_first("pre") is not None
    assert fold.css_first("details.snippet-proof") is not None
    repository.edit("snippets/poller.py", "return True", "return False")
    assert repository.refuse()


def test_a_block_marks_what_is_changed_from_an_earlier_one(repository: Repository) -> None:
    """On the lines and in words; its text is as ever, and the earlier module's changes show."""
    repository.edit(
        "snippets/poller.py",
        "    def other_task(self):",
        "    def other_task(self, n):\n        n += 1\n        return now()\n\n    def last(self):",
    )
    options = ":pyobject: Poller.other_task\n:changed-from: ../snippets/poller.py fetch"
    repository.prove()
    show(repository, options)
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    changed = [each.text().strip() for each in LexborHTMLParser(build.page()).css("[data-changed]")]
    assert changed == ["def other_task(self, n):", "n += 1"]
    assert blocks(build)[1].endswith("n += 1\n        return now()\n")
    assert "changed from <code>fetch</code>: lines 1-2 of this block" in build.page()
    text = " ".join((repository.build("text").folder / "index.txt").read_text().split())
    assert "Changed from fetch: lines 1-2 of this block." in text

    repository.edit(
        "snippets/poller.py", "        return now()\n\n    # endr", "        now()\n\n    # endr"
    )
    repository.prove()
    build = repository.build()
    assert "changed from <code>fetch</code>: lines 1-3 of this block" in build.page()
