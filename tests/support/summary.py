"""List what failed in all parts of ``make test``, and on which pages it is shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from livesnippets.evidence.ledger import Ledger
from livesnippets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "build/reports"
"""For each part of ``make test``: pytest's report, ``.xml``; if it failed, a file ``.failed``."""
MODULE = re.compile(r"[\w./-]+\.py\b")


def main() -> int:
    """Print the list; return 1 if anything failed."""
    reports = sorted(REPORTS.glob("*.xml"), key=lambda report: report.stat().st_mtime_ns)
    failures = [failure for report in reports for failure in failed_tests(report)]
    silent = {part.stem for part in REPORTS.glob("*.failed")} - {part for part, *_ in failures}
    tests = Ledger.of(Settings.read(ROOT)).tests
    pages = shown_on(ROOT)
    for _, name, why in failures:
        ran = tests[name].files if name in tests else {}
        where = sorted({page for path in ran for page in pages.get(path, ())})
        print(f"FAILED {name}{f' ({", ".join(where)})' if where else ''}: {why}")
    for part in sorted(silent):
        print(f"FAILED {part}: see above")
    if not (failures or silent):
        print("all parts of 'make test' passed")
    return int(bool(failures or silent))


def failed_tests(report: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the part, the node id and the reason, in a line, of each test that failed."""
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        for problem in (*case.iter("failure"), *case.iter("error")):
            file, holder = case.get("file", ""), case.get("classname", "")
            if not holder:  # a file that cannot be read
                *_, why = (problem.text or "no message").strip().split("\n")
                yield report.stem, file, why.removeprefix("E").strip()
                continue
            classes = holder.removeprefix(file.removesuffix(".py").replace("/", ".")).split(".")
            name = "::".join(filter(None, (file, *classes, case.get("name"))))
            yield report.stem, name, problem.get("message", "").partition("\n")[0]


def shown_on(root: Path) -> dict[str, set[str]]:
    """Return the pages that name a module of the repository, by its path."""
    pages: dict[str, set[str]] = {}
    for page in (root / "docs").rglob("*.md"):
        for name in MODULE.findall(page.read_text()):
            path = (page.parent / name).resolve()
            if path.is_relative_to(root):
                where = page.relative_to(root).as_posix()
                pages.setdefault(path.relative_to(root).as_posix(), set()).add(where)
    return pages


if __name__ == "__main__":
    sys.exit(main())
