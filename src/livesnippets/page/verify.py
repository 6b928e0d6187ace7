"""Check a published site against a checkout, from outside."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec.structs import replace

from livesnippets.evidence.checkout import Checkout
from livesnippets.evidence.doctests import DoctestLedger
from livesnippets.evidence.ledger import Ledger
from livesnippets.finding import Finding, Kind, Place, causes
from livesnippets.page.audit import Audit
from livesnippets.page.judge import Judge
from livesnippets.page.sites import SiteError
from livesnippets.page.statement import FILE, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from livesnippets.page.sites import Site
    from livesnippets.settings import Settings

AGAIN = "build the site and publish it again"


def verify(site: Site, settings: Settings) -> tuple[Statement, list[Finding]]:
    """Return the statement of a site, and what is wrong with the site.

    Raises `SiteError` if it has no statement, or cannot be read.
    """
    statement = _statement(site)
    return statement, causes(_findings(site, statement, settings))


def _statement(site: Site) -> Statement:
    content = site.read(FILE)
    if content is None:
        cure = "name a site, one of whose pages lists its {evidence}"
        raise SiteError(f"{site.where}: holds no {FILE}; {cure}")
    try:
        statement = Statement.read(content)
        statement.environment, statement.source_url  # noqa: B018 - whether it has them
    except ValueError as error:
        where = f"{site.where}/{FILE}"
        raise SiteError(f"{where}: is no statement of a site ({error}); {AGAIN}") from error
    return statement


def _findings(site: Site, statement: Statement, settings: Settings) -> Iterator[Finding]:
    found = {path: site.read(path) for path in statement.pages}
    there = {path: html for path, html in found.items() if html is not None}
    for path in found.keys() - there.keys():
        yield _wrong(path, "is missing: the statement names it", AGAIN)
    for path in site.pages(there):
        if path not in found:
            message = "was added: the statement does not name it"
            yield _wrong(path, message, f"remove it, or {AGAIN}")
    if other := list(_other_commit(statement, Checkout(settings.root).version)):
        yield from other
        return  # whatever differs, differs for that reason
    evidence = {path: site.read(path) for path in statement.files}
    if changed := [
        path for path, file in evidence.items() if not _is(statement.files[path].digest, file)
    ]:
        for path in changed:
            yield _wrong(path, "is not the evidence that the statement names", AGAIN)
        return
    with TemporaryDirectory(prefix="livesnippets-") as folder:
        for path, file in evidence.items():
            (Path(folder) / Path(path).name).write_bytes(file or b"")
        yield from _judged(there, statement, replace(settings, evidence=folder))


def _judged(pages: dict[str, bytes], statement: Statement, settings: Settings) -> Iterator[Finding]:
    """Judge the pages as the audit of a build does, with the evidence of the site."""
    expected = statement.environment
    ledger = Ledger(settings, expected)
    doctests = DoctestLedger(settings, expected)
    judge = Judge(settings.root, ledger, doctests, statement.source_url)
    judge.displays.count(len(statement.blocks))
    yield from ledger.findings
    for path, html in sorted(pages.items()):
        source = statement.pages[path].annotations.get("source") or path
        audit = Audit(settings, judge)
        wrong = audit.judge_html(html, source)
        yield from wrong
        for number, block in enumerate(audit.published, start=1):
            if not wrong and statement.blocks.get(f"{path}#block-{number}") != block.sha256:
                message = f"shows a block of {block.mark.path} that the statement does not name"
                wrong = [_wrong(path, message, AGAIN)]
                yield from wrong
        if not wrong and not _is(statement.pages[path].digest, html):
            yield _wrong(
                path, "is not as it was built: its blocks are, what is around them is not", AGAIN
            )


def _other_commit(statement: Statement, here: str) -> Iterator[Finding]:
    """Yield why the site is not that of the checkout."""
    built = statement.commit
    if built.endswith("+"):
        message = f"was built from {built[:-1]} with changes that no commit holds"
        yield _wrong(FILE, message, f"commit them, {AGAIN}")
    elif built != here.removesuffix("+"):
        message = f"is of commit {built or 'none'}, and the checkout is at {here or 'none'}"
        yield _wrong(FILE, message, f"run 'git checkout {built}'" if built else AGAIN)
    elif here.endswith("+"):
        message = f"is of commit {built}, and the checkout has changes since"
        yield _wrong(FILE, message, "commit or stash them")


def _is(digests: dict[str, str], content: bytes | None) -> bool:
    return content is not None and digests.get("sha256") == sha256(content).hexdigest()


def _wrong(path: str, message: str, cure: str) -> Finding:
    return Finding(Place(path), Kind.PUBLISHED, message, cure)
