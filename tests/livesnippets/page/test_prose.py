from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from livesnippets.page.prose import typed_numbers

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.finding import Finding
    from tests.support.repository import Repository


def judge(path: Path, html: str) -> list[Finding]:
    """Return the findings about a page made from the file at `path`."""
    return list(typed_numbers(LexborHTMLParser(html), "docs/page.md", path))


@pytest.mark.parametrize(
    "number",
    [
        "12 ms",
        "0.5 s",
        "3 seconds",
        "1,200 µs",
        "7ns",
        "2\u00a0s",
        "1 minute",
        "a 2-second",
        "10\u201320 ms",
        "5 min",
        "1 hour",
        "30 days",
        "(4 s)",
        "4 sec.",
        "10-20 ms",
        "1e-3 s",
        "-5 ms",
        ".5 s",
        "1m30s",
        "2 secs",
        "500 msec",
        "3 millis",
        "20 MS",
        "2 h",
        "6 weeks",
        "1.2\u00d7",
        "3x",
        "2 times faster",
        "2 x as much",
        "3-fold",
        "10%",
        "10 percent",
        "90 kB",
        "1.5 GiB",
        "50 Hz",
        "900 calls/s",
        "921 calls per second",
        "two seconds",
        "one second",
        "twenty-five minutes",
        "a ten-second",
        "a couple of seconds",
        "hundreds of milliseconds",
        "half a second",
        "a tenth of a second",
        "half an hour",
        "a sixth of\nthe time",
        "half the time",
        "two thirds of its usual time",
        "twice as fast",
        "half as long",
        "twice the memory",
        "doubles the throughput",
        "three times as long",
        "tenfold",
        "ten percent",
        "a hundred calls per second",
        "ten calls a minute",
    ],
)
def test_a_typed_quantity_is_found(tmp_path: Path, number: str) -> None:
    """In digits and in words, with its place and the two cures."""
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\nIt takes\n{number} here.\n")
    (finding,) = judge(page, f"<article><p>It takes\n{number} here.</p></article>")
    assert (finding.place.path, finding.place.line) == ("docs/page.md", 4)
    assert "typed into it; show a measurement with {measured}`name`" in finding.told
    assert "that it is a choice with {constant}`" in finding.told


@pytest.mark.parametrize(
    "text",
    [
        "Python 3.13 and Ray 2.60.0",
        "3 sheep, 4 items, 5 msgs",
        "v2 s",
        "page-12 s",
        "item 3, so it goes",
        "a 3 \u00d7 4 matrix",
        "0x10",
        "called 3 times",
        "5 shells, 2 hands, 7 daisies",
        "Python 3 per process",
        "one at a time, one by one, the one",
        "two ways, ten questions, a thousand callers, three times",
        "printed twice, a second run, twice as it is",
        "half of the pages, a third party, the third of the rules",
        "a fifth of the pages",
        "each second, a few seconds, one of the seconds, one needs a second run",
        "double quotes, half open, someone's days",
    ],
)
def test_other_numbers_are_not_times(tmp_path: Path, text: str) -> None:
    """Only a number with a unit is one, or a share or a multiple of what a run takes."""
    assert judge(tmp_path / "page.md", f"<article><p>{text}</p></article>") == []


@pytest.mark.parametrize(
    "html",
    [
        "<code>timeout=2 s</code>",
        "<pre>2 s</pre>",
        '<span class="constant">2 s</span>',
        '<span class="display display-measured"><abbr>2&nbsp;s</abbr></span>',
        '<figure class="display"><svg><text>200 ms</text></svg></figure>',
        '<span class="display"><abbr title="2 ms to 3 ms">2 ms</abbr></span>',
        '<div class="snippet"><details><table><td>0.25 s</td></table></details></div>',
        "<script>2 s</script>",
    ],
)
def test_numbers_with_an_origin_are_left_alone(tmp_path: Path, html: str) -> None:
    """Code, roles, displays and the line of proof."""
    assert judge(tmp_path / "page.md", f"<article><p>about</p>{html}</article>") == []


def test_the_frame_of_the_page_is_left_alone(tmp_path: Path) -> None:
    """Only what the author wrote counts; a theme may have no article."""
    html = '<nav>2 s</nav><div role="main"><p>3 s</p></div>'
    (finding,) = judge(tmp_path / "page.md", html)
    assert "'3 s'" in finding.told
    (finding,) = judge(tmp_path / "page.md", "<p>3 s</p>")
    assert finding.place.line == 1


@pytest.mark.parametrize(
    "html",
    [
        '<img alt="after 3 s" src="x.png">',
        '<a title="after 3 s" href="#">x</a>',
        '<svg aria-label="after 3 s"></svg>',
        "<svg><text>after 3 s</text></svg>",
        "<svg><desc>after 3 s</desc></svg>",
    ],
)
def test_a_time_is_found_wherever_a_reader_meets_it(tmp_path: Path, html: str) -> None:
    """Also where there is no room for a role; what was marked in the text may stand there, too."""
    page = tmp_path / "page.md"
    (finding,) = judge(page, f"<article><p>It waits.</p>{html}</article>")
    assert "'3 s'" in finding.told
    marked = '<span class="constant">3 s</span>'
    assert judge(page, f"<article><p>It waits {marked}.</p>{html}</article>") == []


@pytest.mark.parametrize(
    "head", ["<title>Within 3 s</title>", '<meta name="description" content="Within 3 s.">']
)
def test_a_time_in_the_head_of_the_page_is_found(tmp_path: Path, head: str) -> None:
    """Search engines show it."""
    page = tmp_path / "page.md"
    page.write_text("---\nmyst:\n  html_meta:\n    description: Within 3 s.\n---\n\n# Waits\n")
    html = f'<html><head>{head}<meta name="viewport" content="width=device-width"></head>'
    (finding,) = judge(page, f"{html}<article><h1>Waits</h1></article></html>")
    assert finding.place.line == 4


def test_a_number_of_an_included_file_is_found_there(tmp_path: Path) -> None:
    """As are those of all pages on the one page that some builders write."""
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    page.write_text("```{include} part.md\n```\n")
    page.with_name("part.md").write_text("It takes\n2 s.\n")
    (finding,) = judge(page, "<article><p>It takes 2 s.</p></article>")
    assert str(finding.place) == "docs/part.md:2"


def test_what_draws_is_no_text(tmp_path: Path) -> None:
    """Style sheets hold times, too, and an image without a text is called as its file."""
    html = "<svg><style>.a { transition: 0.3s }</style></svg><img alt='10ms.png' src='i/10ms.png'>"
    assert judge(tmp_path / "page.md", f"<article>{html}</article>") == []


def test_each_number_has_its_own_line(tmp_path: Path) -> None:
    """Code above that says the same does not mislead, nor does a longer number."""
    page = tmp_path / "page.md"
    page.write_text(
        "`2 s` and\n{constant}`2 s`\n\n```text\n2 s\n```\n\n10.2 s or\n2 s, then\n2\ns.\n"
    )
    html = (
        '<article><p><code>2 s</code> and <span class="constant">2 s</span></p>'
        "<pre>2 s</pre><p>10.2 s or\n2 s, then\n2\ns.</p></article>"
    )
    assert [finding.place.line for finding in judge(page, html)] == [8, 9, 10]


def test_a_typed_time_is_not_published(repository: Repository) -> None:
    """The audit finds it, and accepts it when it is said to be a choice."""
    index = repository.root / "docs/index.md"
    text = index.read_text()
    index.write_text(f"{text}\nIt takes 12 ms.\n")
    (finding,) = repository.refuse()
    assert finding.startswith("docs/index.md:6: has '12 ms' typed into it")
    index.write_text(f"{text}\nIt takes {{constant}}`12 ms`.\n")
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    assert '<span class="constant">12 ms</span>' in build.page()
