from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from livesnippets.source.module import read_source

if TYPE_CHECKING:
    from tests.support.repository import Repository

TYPED = (
    "docs/index.md:{}: Python typed into the page; "
    "put it into a module that a test runs, and literalinclude it"
)


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("```python\nx = 1\n```", 6),
        ("```py\nx = 1\n```", 6),
        ("```python3\nx = 1\n```", 6),
        ("```pycon\n>>> x = 1\n```", 6),
        ("```ipython3\nx = 1\n```", 6),
        ("```default\nx = 1\n```", 6),
        ("~~~Python\nx = 1\n~~~", 6),
        ("```{code-block} python\nx = 1\n```", 6),
        ("```{code-block} python\n:caption: x\n:linenos:\n\nx = 1\n```", 6),
        ("```{code} py\nx = 1\n```", 6),
        ("```{sourcecode} python\nx = 1\n```", 6),
        ("```{testcode}\nx = 1\n```", 6),
        ("- a list\n\n  ```python\n  x = 1\n  ```", 8),
        ("> ```python\n> x = 1\n> ```", 6),
        ("```{note}\n~~~python\nx = 1\n~~~\n```", 7),
        ("```{eval-rst}\n.. code-block:: python\n\n   x = 1\n```", 7),
        ("```{eval-rst}\n>>> 1\n1\n```", 7),
        ("```{eval-rst}\n.. highlight:: python\n\nIt is::\n\n   x = 1\n```", 11),
    ],
)
def test_python_that_is_typed_into_a_page_is_refused(
    proven: Repository, block: str, line: int
) -> None:
    """Whatever it is called and wherever it hides, it has no test."""
    index = proven.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    assert proven.refuse_at_block() == TYPED.format(line)


@pytest.mark.parametrize(
    "block",
    [
        "```\nx = 1\n```",
        "    x = 1",
        "```text\nx = 1\n```",
        "```console\n$ make html\n```",
        "```json\n{}\n```",
        "```{code-block} toml\nx = 1\n```",
        "```{testoutput}\n1\n```",
        "Some `x = 1` in prose.",
    ],
)
def test_other_blocks_need_no_proof(repository: Repository, block: str) -> None:
    """Shell, text and data may be typed."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])


LOOKS = (
    "docs/index.md:{}: text that looks like Python; put it into a module that a test runs, and "
    "literalinclude it; if it is none, name its language, or give it the class not-python"
)
CODE = "import ray\nray.init()"
INDENTED = "   import ray\n   ray.init()"
INCLUDES = pytest.mark.filterwarnings("ignore:'sphinx.environment.BuildEnvironment.app'")
"""MyST's include asks Sphinx in an old way."""


@INCLUDES
@pytest.mark.parametrize(
    ("block", "line"),
    [
        (f"```\n{CODE}\n```", 6),
        (f"```text\n{CODE}\n```", 6),
        (f"```{{code-block}} text\n:linenos:\n\n{CODE}\n```", 6),
        ("```none\n>>> import ray\n```", 6),
        (" " + INDENTED.replace("\n", "\n "), 6),
        (f"```{{parsed-literal}}\n{CODE}\n```", 1),  # MyST does not say where it is
        (f"```{{code}} cython\n{CODE}\n```", 6),
        ("```{include} code.txt\n:literal:\n```", 1),  # nor of this
        ("```{include} code.txt\n:code: text\n```", 6),
        ("```{literalinclude} code.txt\n```", 6),
        (f"```{{eval-rst}}\nIt is::\n\n{INDENTED}\n```", 9),
        (f"```{{eval-rst}}\n.. parsed-literal::\n\n{INDENTED}\n```", 9),
        (f"<pre>{CODE}</pre>", 6),
        (f"<textarea>{CODE}</textarea>", 6),
        (f"<div><xmp>\n{CODE}\n</xmp></div>", 6),
        (f'<iframe srcdoc="<pre>{CODE}</pre>"></iframe>', 6),
    ],
)
def test_python_by_another_name_is_refused(proven: Repository, block: str, line: int) -> None:
    """What a reader takes for Python has to have a test."""
    proven.write("docs/code.txt", CODE)
    index = proven.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    assert proven.refuse_at_block() == LOOKS.format(line)


@INCLUDES
def test_python_that_a_literal_include_colours_is_refused(proven: Repository) -> None:
    """It is no include of ours, and has no origin."""
    index = proven.root / "docs/index.md"
    text = "```{include} ../snippets/poller.py\n:code: python\n```"
    index.write_text(f"{index.read_text()}\n{text}\n")
    assert proven.refuse_at_block() == TYPED.format(6)


@INCLUDES
@pytest.mark.parametrize(
    "block",
    [
        f"```{{code-block}} text\n:class: not-python\n\n{CODE}\n```",
        f"```{{code-block}} cython\n:class: not-python\n\n{CODE}\n```",
        f"```{{code-block}} julia\n\n{CODE}\n```",
        f"```{{parsed-literal}}\n:class: not-python\n\n{CODE}\n```",
        "```{include} code.txt\n:literal:\n:class: not-python\n```",
        "```{literalinclude} code.txt\n:class: not-python\n```",
        "```{literalinclude} code.txt\n:language: julia\n```",
        "```{literalinclude} code.pyw\n:class: not-python\n```",
        f"````{{container}} not-python\n```\n{CODE}\n```\n````",
        f"```{{eval-rst}}\n.. parsed-literal::\n   :class: not-python\n\n{INDENTED}\n```",
        f'<pre class="not-python">{CODE}</pre>',
        f'<textarea class="not-python">{CODE}</textarea>',
    ],
)
def test_an_author_can_say_that_it_is_none(repository: Repository, block: str) -> None:
    """By the block's language, or by a class of the block or of what is around it."""
    for name in ("code.txt", "code.pyw"):
        repository.write(f"docs/{name}", CODE)
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n{block}\n")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert "import ray" in re.sub(r"<[^>]*>", "", build.page())


@pytest.mark.parametrize("name", ["code.pyw", "code.pyi", "BUILD.bazel"])
def test_a_python_file_that_is_no_module_is_refused(proven: Repository, name: str) -> None:
    """No test can import it under its name."""
    proven.write(f"docs/{name}", "x = 1\n")
    index = proven.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n```{{literalinclude}} {name}\n```\n")
    wrong = f"docs/index.md:6: docs/{name} is Python, but no module; let its name end in .py"
    assert proven.refuse_at_block() == wrong


def test_each_block_names_its_origin_and_its_verdict(repository: Repository) -> None:
    """Other tools read the outermost element's attributes."""
    [block] = re.findall(r'<div class="snippet"[^>]*>', repository.build().page())
    digest = repository.test_run().files["snippets/poller.py"]
    assert 'data-snippet="snippets/poller.py"' in block
    assert 'data-lines="1-16"' in block
    assert f'data-digest="{digest}"' in block
    assert 'data-evidence="proven"' in block
    assert 'data-page="docs/index.md:3"' in block


def marks(page: str) -> dict[int, str]:
    """Return the mark of each marked line, by its number in the file."""
    found = re.findall(r'<span class="line" data-n="(\d+)" data-ran="(\w+)">', page)
    return {int(number): mark for number, mark in found}


def test_lines_show_whether_they_ran(repository: Repository) -> None:
    """Proven and never reached lines are marked, comments and blank lines are not."""
    path = "snippets/poller.py"
    repository.prove(test_poller=repository.test_run(without={path: {16}}, unreached={path: [16]}))
    page = repository.build().page()
    assert marks(page) == {
        **dict.fromkeys((3, 6, 10, 11, 15), "proven"),
        16: "unreached",
    }
    here = repository.environment
    assert f"ran on {here}" in page
    assert "5 lines · 1 test · 1 never reached" in page
    assert "Never reached: 16." in page


def test_a_line_that_ran_in_part_says_so(repository: Repository) -> None:
    """A test declares the part that it skips; mark and proof do not claim that it ran."""
    path = "snippets/poller.py"
    repository.write(path, "def name(flag):\n    return flag or '<none>'\n")
    [part] = read_source(repository.root, path).parts
    run = repository.test_run(parts={}, unreached_parts={path: [part]})
    repository.prove(test_poller=run)
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert marks(build.page()) == {1: "proven", 2: "partly"}
    assert "1 line · 1 test · 1 in part" in build.page()
    assert "Ran in part: 2, without <code>&#39;&lt;none&gt;&#39;</code>." in build.page()


def test_lines_without_proof_are_marked_in_the_preview(repository: Repository) -> None:
    """The author sees which line it is."""
    repository.prove(test_poller=repository.test_run(without={"snippets/poller.py": {16}}))
    build = repository.build(strict=False)
    assert marks(build.page())[16] == "unproven"
    assert 'data-evidence="unproven"' in build.page()


def test_all_lines_of_a_long_statement_share_its_mark(repository: Repository) -> None:
    """A statement runs as a whole; blank lines inside it stay quiet."""
    repository.write("snippets/poller.py", "x = dict(\n    a=1,\n\n    b=2,\n)\n")
    repository.prove()
    assert marks(repository.build().page()) == dict.fromkeys((1, 2, 4, 5), "proven")


def test_the_proof_opens_to_its_tests(repository: Repository) -> None:
    """Tests, durations, commit and date are there, in words that cannot be markup."""
    repository.prove(**{"test_poller[<b>/a::b]": repository.test_run(commit="")})
    page = repository.build().page()
    (item,) = LexborHTMLParser(page).css(".snippet-evidence li")
    assert item.text() == "test_poller.py::test_poller, [<b>/a::b] 0.25 s"
    assert '<time datetime="2026-11-22T18:51:07+00:00">2026-11-22</time>' in page


def test_a_proof_says_what_its_tests_check(repository: Repository) -> None:
    """One with several parameters says it once; only runs that differ have commits of their own."""
    path = "tests/test_poller.py"
    repository.write(path, 'def test_poller(n):\n    """`poll` <em>\n\n    answers."""\n')
    runs = {f"test_poller[{n}]": repository.test_run(commit="abc") for n in (1, 2)}
    repository.prove(**runs)
    tree = LexborHTMLParser(repository.build().page())
    (_, said), (item,) = tree.css(".snippet-evidence p"), tree.css(".snippet-evidence li")
    assert said.text() == "Test that passed, at commit abc, 2026-11-22:"
    assert item.text() == "poll <em> answers. test_poller.py::test_poller, [1] 0.25 s, [2] 0.25 s"
    repository.prove(**runs, test_other=repository.test_run(commit="def"))
    page = repository.build().page()
    first, second = (item.text() for item in LexborHTMLParser(page).css(".snippet-evidence li"))
    assert first.endswith(", [1] 0.25 s (abc, 2026-11-22), [2] 0.25 s (abc, 2026-11-22)")
    assert second == "test_poller.py::test_other, 0.25 s (def, 2026-11-22)"


def test_a_page_may_show_a_proof_open(repository: Repository) -> None:
    """With ``:open-proof:``, and only that block's."""
    page = repository.root / "docs/index.md"
    include = "```{literalinclude} ../snippets/poller.py\n:open-proof:\n```"
    page.write_text(f"{page.read_text()}\n{include}\n")
    proofs = LexborHTMLParser(repository.build().page()).css("details.snippet-proof")
    assert ["open" in proof.attributes for proof in proofs] == [False, True]


def test_only_tests_that_ran_the_shown_lines_are_named(repository: Repository) -> None:
    """A test that merely imports the module proves no method."""
    path = "snippets/poller.py"
    importing = repository.test_run(hits={}, imported={path: [3, 6, 10, 15]})
    calling = repository.test_run(hits={path: [11, 16]}, imported={path: [3, 6, 10, 15]})
    repository.prove(test_import=importing, test_call=calling)
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    names = [
        name.text() for name in LexborHTMLParser(build.page()).css(".snippet-evidence li code")
    ]
    assert names == ["test_poller.py::test_call"]


def test_sources_are_linked_where_they_can_be_read(repository: Repository) -> None:
    """The block's first line, its tests, a claim's test; without an address, only a copy."""
    path = "tests/test_poller.py"
    repository.write(path, "import re\ndef test_poller():\n    pass\n")
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\nIt polls.{{claim}}`test_poller`\n")
    links = ".snippet-evidence a, .claim-note a"
    (copy,) = LexborHTMLParser(repository.build().page()).css(links)
    assert copy.attributes["href"] == "_sources/snippets/poller.py.txt"
    page = repository.build(livesnippets_source_url="https://example.org/blob/abc").page()
    assert [link.attributes["href"] for link in LexborHTMLParser(page).css(links)] == [
        "https://example.org/blob/abc/snippets/poller.py#L1",
        f"https://example.org/blob/abc/{path}#L2",
        f"https://example.org/blob/abc/{path}#L2",
    ]


@pytest.mark.parametrize("page", ["index", "deep/down/second"])
def test_the_source_link_leads_to_a_copy(repository: Repository, page: str) -> None:
    """The module lies beside the pages, as it was when they were built."""
    repository.write(
        "docs/deep/down/second.md",
        ":orphan:\n\n# Second\n\n```{literalinclude} ../../../snippets/poller.py\n```\n",
    )
    build = repository.build()
    [link] = re.findall(r'<a href="([^"]*)">snippets/poller.py</a>', build.page(page))
    copy = (build.folder / f"{page}.html").parent / link
    assert copy.read_bytes() == (repository.root / "snippets/poller.py").read_bytes()
