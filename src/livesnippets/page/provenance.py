"""Publish with a site the evidence of all its blocks: for readers as a list, and as a statement."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from livesnippets.evidence import doctests
from livesnippets.evidence.checkout import Checkout
from livesnippets.page.statement import FILE, FOLDER, SOURCE, Descriptor, Statement, TestResult
from livesnippets.page.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from livesnippets.evidence.ledger import Ledger
    from livesnippets.page.audit import Audit

LIST = re.compile(rb'(<figure [^>]*data-display="evidence"[^>]*>).*?(</figure>)', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A finished page: its title and its source, if it has one, and what the audit saw on it."""

    title: str
    source: str
    seen: Audit


def withdraw(site: Path) -> None:
    """Take out of a site what an earlier build has put there."""
    shutil.rmtree(site / FOLDER, ignore_errors=True)
    (site / FILE).unlink(missing_ok=True)


def publish(site: Path, pages: Mapping[str, Page], ledger: Ledger, source_url: str) -> None:
    """Fill the pages that list the evidence, and put evidence and statement into their site.

    The statement comes last: it holds the digests of the finished pages.
    """
    checkout = Checkout(ledger.root)
    for path, page in pages.items():
        if page.seen.lists:
            html = render(
                "evidence.html",
                pages={name: each for name, each in sorted(pages.items()) if each.seen.published},
                up="../" * path.count("/"),
                environment=ledger.expected,
                commit=checkout.version,
                statement=FILE,
            ).encode()
            file = site / path
            file.write_bytes(LIST.sub(lambda found: found[1] + html + found[2], file.read_bytes()))  # noqa: B023 - called at once
    result = TestResult(
        result="PASSED",  # or there would be no site
        configuration=[*_source(checkout), *_evidence(site, ledger, source_url)],
        passed_tests=sorted(n for n, run in ledger.current.items() if run.outcome == "passed"),
        failed_tests=[],
    )
    statement = Statement.of(list(_subjects(site, pages)), result)
    (site / FILE).write_bytes(statement.written)


def _source(checkout: Checkout) -> Iterator[Descriptor]:
    """Yield the commit, if there is one."""
    if commit := checkout.version:
        changed = {"uncommittedChanges": True} if commit.endswith("+") else {}
        yield Descriptor(SOURCE, {"gitCommit": commit.removesuffix("+")}, changed)


def _evidence(site: Path, ledger: Ledger, source_url: str) -> Iterator[Descriptor]:
    """Copy the files of evidence into the site, and yield them, with what else the pages show."""
    told = {"environment": asdict(ledger.expected), "sourceUrl": source_url}
    files: dict[str, dict[str, Any]] = {f"{ledger.expected.slug}.json": told, doctests.FILE: {}}
    (site / FOLDER).mkdir(exist_ok=True)
    for name, said in files.items():
        file = ledger.settings.evidence_directory / name
        if file.is_file():
            content = file.read_bytes()
            (site / FOLDER / name).write_bytes(content)
            yield _described(f"{FOLDER}/{name}", content, said)


def _subjects(site: Path, pages: Mapping[str, Page]) -> Iterator[Descriptor]:
    for path, page in sorted(pages.items()):
        yield _described(path, (site / path).read_bytes(), {"source": page.source})
        for number, block in enumerate(page.seen.published, start=1):
            yield Descriptor(
                f"{path}#block-{number}",
                {"sha256": block.sha256},
                {
                    "source": block.mark.path,
                    "lines": f"{block.mark.first}-{block.mark.last}",
                    "tests": sorted(block.tests),
                    "commits": sorted({run.commit for run in block.tests.values()}),
                },
            )


def _described(name: str, content: bytes, annotations: dict[str, Any]) -> Descriptor:
    return Descriptor(name, {"sha256": sha256(content).hexdigest()}, annotations)
