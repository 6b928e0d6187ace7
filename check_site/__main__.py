"""What Lighthouse, the W3C's validator and a link checker find on the site.

The site is served as a host does it. Lighthouse looks at each page several times, as on a slow
phone, and the median counts. Every address of the site is asked for, and none outside.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = Path("build/html")
TOOLS = Path(__file__).parent / "node_modules"
RUNS = 5
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
NO_PAGE = {"404.html"}
"""What a crawler is asked to leave out."""


def main() -> int:
    """Print what each tool finds; return 1 if that is too much."""
    missing = [tool for tool in ("node", "java") if not shutil.which(tool)]
    browser = chromium.find()
    if missing or browser is None:
        told = f"install {' and '.join(missing)} first" if missing else chromium.MISSING
        print(told, file=sys.stderr)
        return 2
    pages = sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if "_static" not in path.parts
    )
    if not pages:
        print("build/html holds no site; run 'make html'", file=sys.stderr)
        return 2
    print("vnu", version("vnu-jar"))
    wrong = validate(pages)
    with served() as address:
        print("linkinator", version("linkinator"))
        wrong += broken_links(address)
        print("Lighthouse", version("lighthouse"), f"median of {RUNS}:", *LEAST)
        for page in pages:
            if page not in NO_PAGE:
                wrong += too_low(page, scores(f"{address}/{page}", browser))
    for line in wrong:
        print("FOUND", line)
    return int(bool(wrong))


def version(tool: str) -> str:
    """Return the version of a tool that npm has installed."""
    found: str = json.loads((TOOLS / tool / "package.json").read_text())["version"]
    return found


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the site, and return its address."""
    command = [sys.executable, "-m", "livesnippets.preview.host", str(SITE), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        found = re.search(r"http://\S+", host.stdout.readline() if host.stdout else "")
        try:
            if found is None:
                raise SystemExit("the site is not served")
            yield found[0]
        finally:
            host.terminate()


def validate(pages: list[str]) -> list[str]:
    """Return what the W3C's validator calls an error."""
    jar = str(TOOLS / "vnu-jar/build/dist/vnu.jar")
    files = [str(SITE / page) for page in pages]
    command = ["java", "-jar", jar, "--errors-only", "--format", "json", *files]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    found = json.loads(done.stderr)["messages"]
    print(f"  {len(pages)} pages, {len(found)} errors")
    return [f"{each['url']}:{each.get('lastLine', 1)}: {each['message']}" for each in found]


def broken_links(address: str) -> list[str]:
    """Return the addresses of the site that are asked for by a page, and not there."""
    outside = rf"^(?!{re.escape(address)})"
    asked = [address, "--recurse", "--skip", outside, "--format", "json"]
    found = json.loads(output([str(TOOLS / ".bin/linkinator"), *asked]))["links"]
    broken = [link for link in found if link["state"] == "BROKEN"]
    print(f"  {sum(link['state'] == 'OK' for link in found)} addresses, {len(broken)} broken")
    return [f"{link['parent']}: {link['url']} gives {link['status']}" for link in broken]


def scores(address: str, browser: str) -> dict[str, float]:
    """Return the median score of a page in each category, of 100."""
    options = " ".join(["--headless=new", *chromium.OPTIONS])
    asked = [address, "--quiet", "--output=json", f"--chrome-flags={options}"]
    environment = {**os.environ, "CHROME_PATH": browser}
    runs: list[dict[str, Any]] = []
    for _ in range(RUNS):
        said = output([str(TOOLS / ".bin/lighthouse"), *asked], environment)
        runs.append(json.loads(said)["categories"])
    return {
        name: statistics.median(round(100 * run[name]["score"]) for run in runs) for name in LEAST
    }


def too_low(page: str, found: dict[str, float]) -> list[str]:
    """Print the scores of a page, and return those that do not reach what is wanted."""
    print(f"  {page:60}", *(f"{score:4.0f}" for score in found.values()), flush=True)
    low = (name for name, least in LEAST.items() if found[name] < least)
    return [f"{page}: {name} {found[name]:.0f}, not {LEAST[name]}" for name in low]


def output(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Return what a tool prints; it may find something."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{Path(command[0]).name} says nothing: {done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
