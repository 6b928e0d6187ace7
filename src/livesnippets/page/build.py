"""What a build does at each event: it weighs evidence, stamps pages, judges and publishes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError
from sphinx.util import logging

from livesnippets.evidence.doctests import DoctestLedger
from livesnippets.evidence.ledger import Ledger
from livesnippets.finding import causes
from livesnippets.page import blocks, claims, policy, provenance, stamp
from livesnippets.page.audit import Audit
from livesnippets.page.companions import Companions
from livesnippets.page.draft import TWIN, Draft
from livesnippets.page.head import head
from livesnippets.page.judge import Judge, Judgement
from livesnippets.page.plain import plain
from livesnippets.page.prose import typed_into
from livesnippets.page.take import offer
from livesnippets.settings import Settings, SettingsError

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from livesnippets.finding import Finding

logger = logging.getLogger(__name__)
HERE = Path(__file__).parent
CLAIMS = "claims.txt"
"""The file beside Sphinx's own data that lists the claims of the last build of HTML."""
JUDGED = "livesnippets-judged"
"""The event that hands on a `Judgement` at the end of each build of HTML."""


class Build:
    """One build: the evidence it is made from, and the handlers that apply it."""

    settings: Settings
    judge: Judge
    draft: Draft
    right: dict[Path, tuple[int, Audit]]
    """The pages of the last build that are still right: when they were written, what they show."""

    refused: list[Finding]
    """What is wrong with pages of another format than HTML, found as they were written."""

    def __init__(self) -> None:
        self.loaded = False

    def configure(self, app: Sphinx, config: Config) -> None:
        """Read the settings; set what Sphinx compares with the last build's configuration."""
        config.livesnippets_root = config.livesnippets_root or str(app.confdir)
        config.html_static_path = [*config.html_static_path, str(HERE / "static")]
        try:
            self.settings = Settings.read(Path(config.livesnippets_root))
        except SettingsError as error:
            raise ExtensionError(str(error)) from error
        self.draft = Draft(app)

    def load(self, app: Sphinx, env: BuildEnvironment, *_: object) -> list[str]:
        """Weigh the evidence as it is when the build begins; once, if it was weighed before."""
        self.refused = []
        if not self.loaded or not self.judge.ledger.holds:
            ledger, source_url = Ledger.of(self.settings), app.config.livesnippets_source_url
            self.loaded = True
            doctests = DoctestLedger(self.settings, ledger.expected)
            self.judge = Judge(self.settings.root, ledger, doctests, source_url)
            self.right = {}
        self.judge.displays.count(blocks.count(env))  # as the pages say that are there already
        return []

    def outdated(
        self,
        app: Sphinx,
        env: BuildEnvironment,
        added: set[str],
        changed: set[str],
        _removed: set[str],
    ) -> list[str]:
        """Name the pages whose finished HTML no longer agrees with the evidence.

        Pages that are gone from the source leave the site, too.
        """
        if app.builder.format != "html":
            return []
        pages = {_html(app, name) for name in env.found_docs}
        self.draft.begin(pages, anew=added >= env.found_docs)
        written = (name for name in env.found_docs - added - changed if _html(app, name).exists())
        return [name for name in written if not self._is_right(app, name)]

    def _is_right(self, app: Sphinx, docname: str) -> bool:
        """Whether a page of the last build has no finding today; then it need not be read again."""
        html = _html(app, docname)
        written, audit = html.stat().st_mtime_ns, Audit(self.settings, self.judge)
        if html in self.right and self.right[html][0] == written:
            return True
        right = not audit.page(html, self._source(app, docname))
        if right:
            self.right[html] = written, audit
        return right

    def stamp(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Give every block of a page its verdict, in each format that has pages."""
        if not app.builder.format:
            return
        stamp.wrap_strays(doctree, self.settings.root)
        stamp.stamp(doctree, self.judge)
        if app.builder.format == "html":
            self.draft.put_replays(self.judge.displays.replays)
            if _is_accompanied(app):
                offer(doctree, self.settings.root)
        else:
            source = self._source(app, docname)
            self.refused += typed_into(doctree, source, self.settings.root / source)
            self.refused += plain(doctree)

    def rewritten(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Name the pages that count blocks, if there are others now.

        If their format cannot be judged later, name all: each build writes them anew.
        """
        counted = self.judge.displays.count(blocks.count(env))
        if app.builder.format not in {"", "html"}:
            return sorted(env.found_docs)
        return [name for name, page in blocks.pages(env).items() if page.counts and counted]

    def refuse(self, app: Sphinx, exception: Exception | None) -> None:
        """Fail the build of a format that cannot be judged, if a page shows what is not proven."""
        if exception is None and app.builder.format not in {"", "html"}:
            weighed = [*self.judge.ledger.findings, *self.judge.doctests.findings]
            findings = _listed([*weighed, *self.refused])
            if findings and app.config.livesnippets_strict:
                _fail(app, findings, "what they name is not shown, and the reason is")

    def describe(
        self, app: Sphinx, name: str, _template: str, context: dict[str, Any], *_: object
    ) -> None:
        """Say in the head of a page what programs may want to know of it."""
        if name in app.env.found_docs and _is_accompanied(app):
            before = context.get("metatags", "")
            twin = _html(app, name).with_suffix(TWIN).name
            context["metatags"] = before + head(app.env.titles[name].astext(), twin, before)

    def audit(self, app: Sphinx, exception: Exception | None) -> None:
        """Judge the finished pages; publish all of them or none."""
        if app.builder.format != "html":
            return
        if exception is not None:
            self.draft.release()
            return
        if app.config.livesnippets_policy:
            policy.complete(
                self.draft.pages(), _html(app, "search"), app.config.livesnippets_policy
            )
        audit, pages = self._seen(app)
        # Also those of pages that another process has written, or an earlier build.
        self.draft.put_replays(self.judge.displays.replays)
        self.draft.keep_replays(audit.replays)
        embedded = _html_builder(app).embedded  # in an archive, or in JSON: no files beside it
        self.draft.copy_sources(self.settings.root, () if embedded else audit.shown)
        findings = _listed(audit.findings)
        shown = {path: frozenset(page.seen.shown) for path, page in pages.items()}
        provenance.withdraw(self.draft.folder)
        listed = not embedded and any(page.seen.lists for page in pages.values())
        if listed and not findings and app.config.livesnippets_strict:
            folder, source_url = self.draft.folder, app.config.livesnippets_source_url
            provenance.publish(folder, pages, self.judge.ledger, source_url)
        app.emit(JUDGED, Judgement(findings, shown))
        refused = bool(findings and app.config.livesnippets_strict)
        if not refused and _is_accompanied(app):
            companions = Companions(_html_builder(app), self.draft, self.settings, shown)
            companions.write(audit.summary)
        self.draft.end(publish=not refused)
        self._tell(app, audit, "" if findings else audit.summary)
        if refused:
            _fail(app, findings, "nothing is published")

    def _seen(self, app: Sphinx) -> tuple[Audit, dict[str, provenance.Page]]:
        """Judge all pages; return what was seen on all together, and on each by its path."""
        audit = Audit(self.settings, self.judge)
        audit.findings += [*self.judge.ledger.findings, *self.judge.doctests.findings]
        names = app.env.found_docs
        sources = {_html(app, name): self._source(app, name) for name in names}
        titles = {_html(app, name): app.env.titles[name].astext() for name in names}
        pages = {}
        for page in self.draft.pages():
            path = page.relative_to(app.outdir).as_posix()
            written, seen = self.right.get(page, (0, audit))
            if written != page.stat().st_mtime_ns:
                seen = Audit(self.settings, self.judge)
                seen.page(page, sources.get(page) or os.path.relpath(page, self.settings.root))
            audit.add(seen)
            pages[path] = provenance.Page(titles.get(page, ""), sources.get(page, ""), seen)
        audit.modules()
        audit.kept_recordings()
        audit.failures()
        return audit, pages

    def _tell(self, app: Sphinx, audit: Audit, summary: str) -> None:
        """Write down the claims of each page, and let Sphinx say at its end what was proven."""
        told = Path(app.doctreedir) / CLAIMS
        silent = claims.unclaimed(self.judge.ledger, audit.claims)
        told.write_text(claims.report(audit.claims, silent), encoding="utf-8")
        note = claims.note(silent, os.path.relpath(told, self.settings.root))
        said = f"\n{note}{summary}" if summary else ""
        app.builder.epilog = f"{self.draft.epilog}{said}"  # type: ignore[misc] # ours

    def _source(self, app: Sphinx, docname: str) -> str:
        return Path(app.env.doc2path(docname)).relative_to(self.settings.root).as_posix()


def _listed(findings: list[Finding]) -> list[Finding]:
    """Tell of each cause once, and return them in their order."""
    listed = causes(findings)
    for finding in listed:
        logger.warning("%s", finding.told, location=str(finding.place))
    return listed


def _fail(app: Sphinx, findings: list[Finding], outcome: str) -> None:
    app.statuscode = 1
    count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    logger.warning("%s: %s", count, outcome)


def _is_accompanied(app: Sphinx) -> bool:
    """Whether the pages are a site, not parts of an archive or of another program's pages."""
    builder = _html_builder(app)
    whole = not builder.embedded and builder.out_suffix not in {".fjson", ".fpickle"}
    return whole and bool(app.config.livesnippets_companions)


def _html_builder(app: Sphinx) -> StandaloneHTMLBuilder:
    builder: StandaloneHTMLBuilder = app.builder  # type: ignore[assignment] # its format is HTML
    return builder


def _html(app: Sphinx, docname: str) -> Path:
    return Path(_html_builder(app).get_outfilename(docname))
