"""What stands below a block: where it ran, in which tests, and what these check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livesnippets.evidence.verdict import PARTLY, PROVEN, UNREACHED, Verdict, spans
from livesnippets.finding import Place
from livesnippets.page import claims
from livesnippets.page.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.writers.html5 import HTML5Translator

    from livesnippets.evidence.results import Result
    from livesnippets.page.nodes import snippet


@dataclass(frozen=True)
class Shown:
    """A test as its proof shows it: with each of its parameters, it is one."""

    name: str
    """Its file and its name in there."""
    says: str
    """Its docstring."""
    link: str
    """Where it can be read, if that is known."""
    runs: dict[str, Result]
    """By its parameters, as pytest writes them: ``[True]``, or nothing."""


def proof(translator: HTML5Translator, block: snippet) -> str:
    """Return the HTML below a block that has a verdict."""
    verdict: Verdict = block["verdict"]
    numbers = block["excerpt"].numbers if "excerpt" in block else ()
    changed: tuple[int, ...] = block.get("changed", ())
    path, lines = block.get("path", ""), verdict.lines.items()
    places = {(run.commit, run.when[:10]): run for run in verdict.tests.values()}
    return render(
        "proof.html",
        verdict=verdict,
        environment=block["environment"],
        path=path,
        old=block.get("old", ""),
        is_open=block.get("open", False),
        changed=[numbers.index(line) + 1 for line in changed],
        span=spans(numbers),
        source_link=_source_link(translator, path, numbers),
        ran=[line for line, state in lines if state == PROVEN],
        partly=[line for line, state in lines if state == PARTLY],
        unreached=[line for line, state in lines if state == UNREACHED],
        tests=list(_shown(translator, verdict.tests)),
        all_ran=next(iter(places.values())) if len(places) == 1 else None,
    )


def _shown(translator: HTML5Translator, runs: Mapping[str, Result]) -> Iterator[Shown]:
    config = translator.config
    definitions: dict[str, dict[str, Result]] = {}
    for name, run in runs.items():
        test = claims.definition_of(name)
        definitions.setdefault(test, {})[name.removeprefix(test)] = run
    for test, its in definitions.items():
        file, _, name = test.partition("::")
        place, says = claims.told(Path(config.livesnippets_root), test)
        link = place.on_web(config.livesnippets_source_url)
        yield Shown(f"{file.rpartition('/')[2]}::{name}", " ".join(says.split()), link, its)


def _source_link(translator: HTML5Translator, path: str, numbers: tuple[int, ...]) -> str:
    """Return where a module can be read: on the web, or else the copy of it beside the pages."""
    if url := translator.config.livesnippets_source_url:
        return Place(path, *numbers[:1]).on_web(url)
    return copy_link(translator, path)


def copy_link(translator: HTML5Translator, path: str) -> str:
    """Return the address, relative to the page, of the copy of a module beside the pages, if any.

    Books have no room for it.
    """
    builder = translator.builder
    if builder.embedded:
        return ""
    page = builder.get_target_uri(builder.current_docname)
    return f"{'../' * page.count('/')}_sources/{path}.txt"
