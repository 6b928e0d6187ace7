"""A small repository with a page, a snippet and made-up evidence, and how to build it."""

from __future__ import annotations

import html
import io
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from livesnippets.evidence import files
from livesnippets.evidence.environment import this_environment
from livesnippets.evidence.results import Evidence, Result
from livesnippets.page.build import JUDGED
from livesnippets.source.module import digest, read_source
from tests.support import files as support

if TYPE_CHECKING:
    from pathlib import Path

    from livesnippets.page.judge import Judgement

SNIPPET = '''
"""A poller."""

from helpers import now


class Poller:
    """Fetches, and answers."""

    # region fetch
    def fetch(self):
        return now()

    # endregion fetch

    def other_task(self):
        return True
'''

HELPERS = """
import time


def now():
    return time.monotonic()
"""

PAGE = """
# Polling

```{literalinclude} ../snippets/poller.py
```
"""

TEMPLATE = "<!doctype html><title>{{ title }}</title>{{ body }}"
"""The page of a theme without a frame, which is most of the time that a small build takes."""

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
WARNING = re.compile(r"^(?P<where>[^\s/]\S*:\d+): WARNING: (?P<what>.*)$", re.MULTILINE)


PROBLEM = re.compile(r'<p class="snippet-problem">(.*?)</p>', re.DOTALL)


@dataclass(frozen=True)
class Build:
    """What a Sphinx build did."""

    code: int
    """Sphinx's exit code."""
    folder: Path
    said: str
    """Standard output."""
    complained: str
    """Standard error."""
    judged: list[Judgement]
    """What the extension handed on, once a build of HTML."""

    @property
    def findings(self) -> list[str]:
        """The complaints of ours, as ``path:line: message``; Sphinx's own have full paths."""
        return [f"{found['where']}: {found['what']}" for found in WARNING.finditer(self.complained)]

    @property
    def shown(self) -> list[str]:
        """The findings that the pages show at their blocks."""
        texts = (page.read_text() for page in sorted(self.folder.rglob("*.html")))
        return [html.unescape(each) for text in texts for each in PROBLEM.findall(text)]

    @property
    def pages(self) -> list[str]:
        """The names of the finished pages."""
        return sorted(page.name for page in self.folder.rglob("*.html"))

    def page(self, name: str = "index") -> str:
        """Return a finished page."""
        return (self.folder / f"{name}.html").read_text()


class Repository:
    """Snippets, pages and evidence in a folder of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = this_environment()
        self.has_been_built = False

    def begin(self) -> None:
        """Write one page with one snippet, which is proven."""
        self.write("requirements.txt", f"ray=={self.environment.ray}\n")
        self.write("helpers.py", HELPERS)
        self.write("snippets/poller.py", SNIPPET)
        self.write("docs/index.md", PAGE)
        self.write("themes/bare/theme.conf", "[theme]\ninherit = none\n")
        for page in ("page", "search"):
            self.write(f"themes/bare/{page}.html", TEMPLATE)
        self.prove()

    def write(self, path: str, text: str) -> Path:
        """Write a file, without the indentation that it has in a test."""
        return support.write(self.root / path, text)

    def edit(self, path: str, old: str, new: str, *, keep_time: bool = False) -> None:
        """Replace text of a file that is there once; `keep_time` hides that from the clock."""
        file = self.root / path
        text = file.read_text()
        assert text.count(old) == 1
        before = file.stat()
        file.write_text(text.replace(old, new))
        if keep_time:
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    @property
    def evidence_file(self) -> Path:
        """The evidence of this environment."""
        return self.root / "build/evidence" / f"{self.environment.slug}.json"

    def test_run(
        self,
        *,
        without: dict[str, set[int]] | None = None,
        **changes: Any,  # noqa: ANN401 - the fields of a Result
    ) -> Result:
        """Return a passed test that ran every line of every snippet, but not `without`, wholly."""
        snippets = sorted((self.root / "snippets").rglob("*.py"))
        sources = [
            read_source(self.root, path.relative_to(self.root).as_posix()) for path in snippets
        ]
        left_out = without or {}
        hits = {
            source.path: sorted(source.executable - left_out.get(source.path, set()))
            for source in sources
        }
        files = ["helpers.py", "requirements.txt", *hits]
        run = Result(
            outcome="passed",
            duration=0.25,
            when="2026-11-22T18:51:07+00:00",
            commit="0fd0a7d123",
            files={path: digest((self.root / path).read_bytes()) for path in files},
            hits=hits,
            parts={source.path: source.parts for source in sources},
        )
        return replace(run, **changes)

    def prove(self, **runs: Result) -> None:
        """Write evidence: of these tests, or else of one that ran every line."""
        sources = [read_source(self.root, path) for path in self.test_run().hits]
        statements = {source.digest: source.statements for source in sources}
        (self.root / "tests").mkdir(exist_ok=True)
        (self.root / "tests/test_poller.py").touch()
        tests = runs or {"test_poller": self.test_run()}
        tests = {f"tests/test_poller.py::{name}": run for name, run in tests.items()}
        found = Evidence(self.environment, tests, statements)
        files.write(self.root / "build/evidence", found)

    def build(
        self,
        builder: str = "html",
        *,
        strict: bool = True,
        doctrees: str = "",
        **config: Any,  # noqa: ANN401 - what conf.py would set
    ) -> Build:
        """Build the pages, reusing what Sphinx kept from the last build of that kind."""
        folder = self.root / "build" / (builder if strict else "preview")
        said, complained = io.StringIO(), io.StringIO()
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                self.root / "docs",
                None,
                folder,
                folder.with_name(doctrees or f"{folder.name}-doctrees"),
                builder,
                {
                    "extensions": ["myst_parser", "livesnippets"],
                    "highlight_language": "text",
                    "html_theme": "bare",
                    "html_theme_path": [str(self.root / "themes")],
                    "html_use_index": False,
                    "livesnippets_root": str(self.root),
                    "livesnippets_strict": strict,
                    **config,
                },
                status=said,
                warning=complained,
            )
            judged: list[Judgement] = []
            app.connect(JUDGED, lambda _, judgement: judged.append(judgement))
            app.build()
        told, warned = (ESCAPE.sub("", stream.getvalue()) for stream in (said, complained))
        return Build(app.statuscode, folder, told, warned, judged)

    def refuse(self) -> list[str]:
        """Build strictly, see that nothing is published, and return the findings."""
        build = self.build()
        assert build.code != 0
        assert build.pages == []
        findings = "finding" if len(build.findings) == 1 else "findings"
        assert f"{len(build.findings)} {findings}: nothing is published" in build.complained
        [judgement] = build.judged
        assert [str(finding) for finding in judgement.findings] == build.findings
        return build.findings

    def refuse_at_block(self) -> str:
        """Return the one finding of a strict build, which a preview shows where it belongs."""
        [finding] = self.refuse()
        if self.has_been_built:  # once is enough
            preview = self.build(strict=False)
            assert preview.code == 0
            assert preview.shown == [finding]
        return finding
