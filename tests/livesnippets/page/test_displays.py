from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser

from livesnippets.evidence.recording import RUNNING, Call, Recording, Span
from livesnippets.evidence.results import Capture, Failure, Measurement
from livesnippets.page.displays import rounded

if TYPE_CHECKING:
    from tests.support.repository import Build, Repository

OUTPUT, MEASURED = "```{output} snippets.poller\n```", "It takes {measured}`answer`."
TIMELINE = "```{timeline}\npolling: The poller\n```"

RECORDING = Recording(
    calls=[
        Call(
            process=7,
            number=1,
            name="Poller.fetch",
            path="snippets/poller.py",
            task="t1",
            start=0,
            stop=9_000_000,
            spans=[Span(RUNNING, 0, 9_000_000, 11)],
        )
    ],
    submissions=[],
    begin=0,
    end=9_000_000,
    dropped={},
    names={7: "Poller"},
)


class Shown:
    """A repository whose page has one display."""

    def __init__(self, repository: Repository, display: str) -> None:
        self.repository = repository
        index = repository.root / "docs/index.md"
        index.write_text(f"{index.read_text()}\n{display}\n")

    def prove(self, **captures: object) -> None:
        """Let a test have left captures."""
        kept: dict[str, Any] = captures
        self.repository.prove(test_poller=self.repository.test_run(**kept))

    def build(self) -> LexborHTMLParser:
        """Build without a finding and return the parsed display."""
        build = self.repository.build()
        assert (build.code, build.findings) == (0, [])
        return display_of(build)


def display_of(build: Build) -> LexborHTMLParser:
    """Return the one display of a page."""
    (shown,) = LexborHTMLParser(build.page()).css("[data-display]")
    return LexborHTMLParser(shown.html or "")


@pytest.fixture
def shown(request: pytest.FixtureRequest, repository: Repository) -> Shown:
    """Return a repository whose page has the display of the parameter, or an output."""
    return Shown(repository, getattr(request, "param", OUTPUT))


def lines(output: LexborHTMLParser) -> list[str]:
    """Return what a block of output shows."""
    (block,) = output.css("pre")
    return block.text().removeprefix("\n").removesuffix("\n").split("\n")


def test_an_output_is_what_was_printed(shown: Shown) -> None:
    """The last run's, without the blank end; and how it came about."""
    shown.prove(outputs={"snippets.poller": Capture(["one\n\n  two\n\n"] * 2)})
    output = shown.build()
    assert lines(output) == ["one", "", "  two"]
    (caption,) = output.css("figcaption")
    here = shown.repository.environment
    same = "3 of 3 lines the same in all 2 runs"
    assert caption.text() == f"printed by python -m snippets.poller on {here} · {same}"


def test_a_reader_is_told_of_the_variables_that_a_program_needs(shown: Shown) -> None:
    """Their values are the run's own affair."""
    shown.prove(outputs={"snippets.poller": Capture(["one\n"] * 2, [], ["DATABASE_URL"])})
    (caption,) = shown.build().css("figcaption code")
    assert caption.text() == "DATABASE_URL=… python -m snippets.poller"


def test_an_output_of_a_single_run_is_a_finding(shown: Shown) -> None:
    """Whether it varies was not seen."""
    shown.prove(outputs={"snippets.poller": Capture(["one\n"])})
    build = shown.repository.build()
    assert build.code != 0
    message = "output 'snippets.poller' is that of a single run: it may vary; run 'make html'"
    assert [finding.partition(" ")[2] for finding in build.findings] == [message]


@pytest.mark.parametrize("shown", ["```{figures}\n```"], indirect=True)
def test_the_figures_count_blocks_lines_and_tests(shown: Shown) -> None:
    """A helper does not count."""
    shown.repository.write("snippets/__init__.py", "")
    shown.repository.write("snippets/_clock.py", "x = 1\n")
    figures = [" ".join(each.text().split()) for each in shown.build().css("li")]
    here = shown.repository.environment
    wanted = ["1 block", "6 proven lines", "0 never reached", "1 passing test"]
    assert figures == [*wanted, f"{here.ray} Ray", f"{here.python} Python"]


@pytest.mark.parametrize("shown", ["```{figures}\n```"], indirect=True)
def test_the_figures_count_the_blocks_of_all_pages(shown: Shown) -> None:
    """Also those that come and go while the page that counts stays as it is."""

    def count() -> str:
        return shown.build().css("li")[0].text()

    assert count() == "1 block"
    other = shown.repository.root / "docs/other.md"
    include = "```{literalinclude} ../snippets/poller.py\n```\n"
    other.write_text(f":orphan:\n\n# Other\n\n{include}\n{include}")
    assert count() == "3 blocks"
    other.write_text(":orphan:\n\n# Other\n")
    assert count() == "1 block"
    other.write_text(f":orphan:\n\n# Other\n\n{include}")
    assert count() == "2 blocks"
    other.unlink()
    assert count() == "1 block"


def test_lines_of_workers_are_said_to_have_no_order(shown: Shown) -> None:
    """The page shows them where they came."""
    printed = "(f pid=7) up\ndone\n"
    shown.prove(outputs={"snippets.poller": Capture([printed] * 2, ["process-id"])})
    output = shown.build()
    assert lines(output) == ["(f pid=7) up", "done"]
    (caption,) = output.css("figcaption")
    assert "lines of Ray's workers in any order" in caption.text()


def test_what_varies_is_marked_and_explained(shown: Shown) -> None:
    """Not by colour alone; how stable the lines were is said of several runs."""
    shown.prove(
        outputs={
            "snippets.poller": Capture(["pid=1 up\ndone\n", "pid=2 up\ndone\n"], ["process-id"])
        }
    )
    output = shown.build()
    assert lines(output) == ["pid=2 up", "done"]
    (varies,) = output.css("pre .varies")
    assert varies.text() == "2"
    assert varies.attributes["title"] == "process-id: differs from run to run"
    (caption,) = output.css("figcaption")
    assert "underlined: process-id that differs from run to run" in caption.text()
    assert "1 of 2 lines the same in all 2 runs" in caption.text()


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("<script>alert(1)</script> & </pre>", "<script>alert(1)</script> & </pre>"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("10 %\r100 %", "100 %"),
        ("null\0, bell\a", "null, bell"),
    ],
)
def test_nothing_that_was_printed_disturbs_the_page(
    shown: Shown, printed: str, expected: str
) -> None:
    """It is escaped, and shown as a terminal would leave it."""
    shown.prove(outputs={"snippets.poller": Capture([f"{printed}\n"] * 2, ["count"])})
    output = shown.build()
    assert lines(output) == [expected]
    assert output.css("script") == []


DISPLAYS = pytest.mark.parametrize(
    ("shown", "shelf", "name", "kept"),
    [
        (OUTPUT, "outputs", "snippets.poller", Capture(["pid 1\n"] * 2)),
        (MEASURED, "measurements", "answer", Measurement("ms", [2.0])),
        (TIMELINE, "recordings", "polling", RECORDING),
    ],
    indirect=["shown"],
    ids=["output", "measured", "timeline"],
)


@DISPLAYS
def test_what_no_test_left_is_missing(shown: Shown, shelf: str, name: str, kept: object) -> None:
    """The finding says how to leave it, or suggests a name; and the preview says it, too."""
    repository = shown.repository
    kind = shelf.removesuffix("s")
    article = "an" if kind == "output" else "a"
    missing = rf"docs/index\.md:\d+: no passing test left {article} {kind} '{name}'; "
    (finding,) = repository.refuse()
    assert re.fullmatch(f"{missing}.* in a test", finding)
    preview = repository.build(strict=False)
    problem = display_of(preview).css_first(".snippet-problem")
    assert problem is not None
    assert finding.endswith(f": {problem.text()}")
    others: dict[str, Any] = {shelf: {f"{name}s": kept, "z": kept}}
    repository.prove(test_other=repository.test_run(**others))
    [finding, *unshown] = repository.refuse()
    assert re.fullmatch(f"{missing}did you mean '{name}s'\\?", finding)
    assert bool(unshown) == (shelf == "recordings")


@pytest.mark.parametrize(
    ("shown", "shelf", "name", "kept", "other"),
    [
        (OUTPUT, "outputs", "snippets.poller", Capture(["1\n"] * 2), Capture(["2\n"] * 2)),
        (MEASURED, "measurements", "answer", Measurement("ms", [2]), Measurement("s", [2])),
        (TIMELINE, "recordings", "polling", RECORDING, replace(RECORDING, end=8_000_000)),
    ],
    indirect=["shown"],
    ids=["output", "measured", "timeline"],
)
def test_what_two_tests_left_must_not_differ(
    shown: Shown, shelf: str, name: str, kept: object, other: object
) -> None:
    """Nobody could tell which of them a page shows; one that is the same does no harm."""
    repository = shown.repository
    one: dict[str, Any] = {shelf: {name: kept}}
    two: dict[str, Any] = {shelf: {name: other}}
    repository.prove(a=repository.test_run(**one), b=repository.test_run(**two))
    tests = "tests/test_poller.py::a and tests/test_poller.py::b"
    [finding] = repository.refuse()
    assert finding.endswith(f": {tests} left different {shelf} '{name}'; let one of them leave it")
    repository.prove(
        a=repository.test_run(**one),
        b=repository.test_run(**one),
        c=repository.test_run(outcome="skipped", hits={}, **two),
    )
    shown.build()


def test_outputs_may_differ_in_what_varies(shown: Shown) -> None:
    """Two tests may run one program."""
    one, two = Capture(["pid=1\n"] * 2, ["process-id"]), Capture(["pid=2\n"] * 2, ["process-id"])
    runs = {
        name: shown.repository.test_run(outputs={"snippets.poller": each})
        for name, each in (("a", one), ("b", two))
    }
    shown.repository.prove(**runs)
    assert lines(shown.build()) == ["pid=1"]


@DISPLAYS
@pytest.mark.parametrize("outcome", ["failed", "skipped"])
@pytest.mark.parametrize("fields", [False, True])
def test_what_a_test_did_not_leave_has_its_reason(  # noqa: PLR0913 - what varies
    shown: Shown, shelf: str, name: str, kept: object, outcome: str, *, fields: bool
) -> None:
    """Once: that there is no output is a consequence, at the page and in the list.

    Which test it is, is known by what it left all the same, or else by the name in its file, of
    which a part may be filled in.
    """
    repository, left = shown.repository, outcome == "skipped"
    its: dict[str, Any] = {shelf: {name: kept} if left else {}}
    early = repository.test_run(outcome=outcome, failure=Failure("no port"), hits={}, **its)
    repository.prove(test_early=early, test_other=repository.test_run())
    (repository.root / "tests/test_poller.py").write_text(
        "" if left else f'leave(f"{{x}}{name[1:]}")\n' if fields else f'leave("{name}")\n'
    )
    [finding] = repository.refuse()
    how = {"failed": "fails: no port", "skipped": "is skipped: no port; let it run"}[outcome]
    assert finding.endswith(f": tests/test_poller.py::test_early {how}")
    problem = display_of(repository.build(strict=False)).css_first(".snippet-problem")
    assert problem is not None
    assert finding.endswith(f": {problem.text()}")


@DISPLAYS
def test_what_is_stale_is_not_shown(shown: Shown, shelf: str, name: str, kept: object) -> None:
    """Neither at first nor in a later build, in which Sphinx need not read the page again."""
    repository = shown.repository
    shown.prove(**{shelf: {name: kept}})
    shown.build()
    repository.edit("helpers.py", "time.monotonic()", "time.perf_counter()")
    stale = f"{shelf.removesuffix('s')} '{name}' is stale: helpers.py changed; run 'make html'"
    assert any(re.fullmatch(rf"docs/index\.md:\d+: {stale}", each) for each in repository.refuse())


@pytest.mark.parametrize(
    ("shown", "before", "after"),
    [
        (
            OUTPUT,
            {"outputs": {"snippets.poller": Capture(["1\n"] * 2)}},
            {"outputs": {"snippets.poller": Capture(["2\n"] * 2)}},
        ),
        (
            MEASURED,
            {"measurements": {"answer": Measurement("ms", [2.0])}},
            {"measurements": {"answer": Measurement("ms", [2.0, 2.0])}},
        ),
        (
            TIMELINE,
            {"recordings": {"polling": RECORDING}},
            {"recordings": {"polling": replace(RECORDING, end=18_000_000)}},
        ),
    ],
    indirect=["shown"],
    ids=["output", "measured", "timeline"],
)
def test_other_evidence_makes_another_page(
    shown: Shown, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Though its source is the same."""
    shown.prove(**before)
    first = shown.build()
    shown.prove(**after)
    second = shown.build()
    assert first.html != second.html


@pytest.mark.parametrize("shown", [MEASURED], indirect=True)
def test_a_page_that_was_edited_after_the_build_is_found(shown: Shown) -> None:
    """The audit believes the finished page alone."""
    shown.prove(measurements={"answer": Measurement("ms", [2.0])})
    shown.build()
    page = shown.repository.root / "build/html/index.html"
    text = page.read_text()
    assert text.count("2\u00a0ms</abbr>") == 1
    page.write_text(text.replace("2\u00a0ms</abbr>", "1\u00a0ms</abbr>"))
    assert "2\u00a0ms" in shown.build().text()


@pytest.mark.parametrize("shown", [MEASURED], indirect=True)
def test_a_measured_number_is_its_median_with_its_spread(shown: Shown) -> None:
    """The tooltip says how often it was measured, from what to what, and where."""
    shown.prove(measurements={"answer": Measurement("<ms>", [2.04, 0.0123, 187_342])})
    number = shown.build().css_first("abbr")
    assert number is not None
    assert number.text() == "2\u00a0<ms>"
    tip = number.attributes["title"] or ""
    assert tip.startswith("median of 3: 0.012 to 190,000 <ms>, on Ray ")
    assert shown.repository.environment.platform in tip


@pytest.mark.parametrize("shown", [TIMELINE], indirect=True)
def test_a_timeline_is_drawn(shown: Shown) -> None:
    """With its title, under its name."""
    shown.prove(recordings={"polling": RECORDING})
    drawing = shown.build()
    (picture,) = drawing.css(".timeline-picture")
    assert picture.attributes["data-recording"] == "polling"
    title = drawing.css_first(".timeline-title")
    assert title is not None
    assert title.text() == "The poller"


@pytest.mark.parametrize("shown", [TIMELINE], indirect=True)
def test_a_recording_that_no_page_shows_is_found(shown: Shown) -> None:
    """Where its test names it; also in a later build, in which no page is read again."""
    repository = shown.repository
    shown.prove(recordings={"polling": RECORDING})
    shown.build()
    shown.prove(recordings={"polling": RECORDING, "resting": RECORDING})
    test = '@pytest.mark.recording("resting")\ndef test_poller():\n    pass\n'
    repository.write("tests/test_poller.py", test)
    cure = "show it, or leave its name out"
    for _ in range(2):
        [finding] = repository.refuse()
        where = "tests/test_poller.py:2: recording 'resting'"
        assert finding == f"{where} is shown on no page; {cure}"


@pytest.mark.parametrize("content", ["", "polling", "polling The poller"])
def test_a_timeline_needs_names_and_titles(repository: Repository, content: str) -> None:
    """The error says how they are written."""
    index = repository.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n```{{timeline}}\n{content}\n```\n")
    build = repository.build()
    wanted = "a timeline wants a line 'name: title' for each recording"
    assert wanted in html.unescape(build.complained)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (0.00001234, "0.000012"),
        (0.5, "0.5"),
        (1, "1"),
        (1.04, "1"),
        (2.46, "2.5"),
        (9.96, "10"),
        (12.4, "12"),
        (99.6, "100"),
        (187_342, "190,000"),
        (-3.14, "-3.1"),
    ],
)
def test_numbers_have_two_digits_that_mean_something(value: float, shown: str) -> None:
    """More would pretend to know what the next run disproves."""
    assert rounded(value) == shown


@given(st.floats(1e-9, 1e12))
def test_rounding_is_off_by_five_percent_at_most(value: float) -> None:
    """And never in exponents."""
    shown = rounded(value)
    assert "e" not in shown.lower()
    assert float(shown.replace(",", "")) == pytest.approx(value, rel=0.0501)


def test_a_heading_cannot_show_a_number(proven: Repository) -> None:
    """Contents, links and the page's title repeat it, where nobody could keep it up to date."""
    index = proven.root / "docs/index.md"
    index.write_text(f"{index.read_text()}\n## Within {{measured}}`answer`\n")
    proven.prove(test_poller=proven.test_run(measurements={"answer": Measurement("ms", [2.0])}))
    finding = "docs/index.md:6: a heading that asks for 'answer'; let the text below it do that"
    assert proven.refuse_at_block() == finding


@pytest.mark.parametrize("shown", [TIMELINE], indirect=True)
def test_the_recordings_of_a_site_are_loaded_when_they_are_replayed(shown: Shown) -> None:
    """Each page names them, also one of an earlier build; what no page names any more is gone."""
    replays = shown.repository.root / "build/html/_static/replays"

    def kept() -> tuple[str, list[str]]:
        (picture,) = shown.build().css("[data-replay]")
        return picture.attributes["data-replay"] or "", [file.stem for file in replays.iterdir()]

    shown.prove(recordings={"polling": RECORDING})
    first, files = kept()
    assert files == [first]
    assert "Poller.fetch" in (replays / f"{first}.js").read_text()
    assert kept() == (first, [first])
    calls = [replace(RECORDING.calls[0], name="Poller.other")]
    shown.prove(recordings={"polling": replace(RECORDING, calls=calls)})
    second, files = kept()
    assert files == [second] != [first]
