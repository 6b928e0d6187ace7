from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.markdown import markdown

READER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h2>Two</h2><p>So.</p>", "## Two\n\nSo."),
        ("<p>a <em>b</em> <strong>c</strong> <code>d_e</code></p>", "a *b* **c** `d_e`"),
        ("<p>snake_case and _under_</p>", r"snake_case and \_under\_"),
        ("<p>a &lt;b&gt; [c] | `d`</p>", r"a \<b> \[c\] \| \`d\`"),
        ("<p># no heading</p>", r"\# no heading"),
        ("<p>1. no list</p>", r"1\. no list"),
        ("<p>- no list\n+ nor here\n&gt; nor that</p>", "\\- no list\n\\+ nor here\n\\> nor that"),
        ("<p><code>x</code>. Then</p>", "`x`. Then"),
        ('<pre data-language="python">a\n\n  b\n</pre>', "```python\na\n\n  b\n```"),
        ("<pre>```\na\n````\n</pre>", "`````\n```\na\n````\n`````"),
        ("<details><summary>More</summary><p>a</p></details>", "**More**\n\na"),
        ("<p>a<footnote>3</footnote></p>", "a[^3]"),
        ('<iframe src="a.html" title="A film"></iframe>', "[A film](a.html)"),
        ('<object data="a.pdf">as text</object>', "as text[a.pdf](a.pdf)"),
        ("<blink>nobody knows me</blink>", "nobody knows me"),
        (
            "<table><tr><th>a</th></tr><tr><td><code>c</code></td></tr></table>",
            "| a |\n| --- |\n| `c` |",
        ),
    ],
)
def test_html_is_written_as_markdown(html: str, expected: str) -> None:
    """What Markdown has a form for gets it, and anything else is there as its text."""
    assert markdown(html) == expected


@example("&copy; and &#169;")
@example("~~~")
@example("---")
@example("<!-- gone -->")
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1))
def test_a_sentence_is_read_back_as_it_was(text: str) -> None:
    """Nothing in it means anything to Markdown."""
    tree = LexborHTMLParser("<p></p>")
    paragraph = tree.css_first("p")
    assert paragraph is not None
    paragraph.insert_child(text)
    read = LexborHTMLParser(READER.render(markdown(paragraph.html or ""))).text()
    assert "".join(read.split()) == re.sub(r"\s", "", text)
