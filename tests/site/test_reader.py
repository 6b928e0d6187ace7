"""What a reader does: copy the blocks of a page, in order, and run them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.site.conftest import CODE_PAGES, PATTERN, RAY_GET, REFERENCE

SAYS = {
    PATTERN: [
        "other_task answered: item",
        "other_task did not answer: GetTimeoutError(",
        "without await: 0 other calls in",
    ],
    RAY_GET: ["one_by_one: ", "all_at_once: ", "few_at_a_time: "],
    REFERENCE: [
        "work: 0 other calls ran meanwhile",
        "ticks after that: ",
        "ray.get: 0 other calls ran meanwhile",
        "with a lock: 10 of 10 deposits kept",
        "in_time: too late",
        "1 second of rest: ",
        "threads: 4, ",
    ],
}


def blocks_of(page: LexborHTMLParser) -> list[str]:
    """Return the text of the Python blocks from top to bottom, as copying gives it."""
    return [block.text() for block in page.css("div.highlight-python pre")]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("page", CODE_PAGES, indirect=True, ids=CODE_PAGES)
def test_a_pages_blocks_run_in_order_in_one_interpreter(
    page: LexborHTMLParser,
    request: pytest.FixtureRequest,
    cluster_address: str,
    tmp_path: Path,
) -> None:
    """The blocks alone make a program; it ends by itself and prints what the page says."""
    program = tmp_path / "copied.py"
    program.write_text("\n\n".join(blocks_of(page)))
    done = subprocess.run(
        [sys.executable, program],
        cwd=tmp_path,
        env={**os.environ, "RAY_ADDRESS": cluster_address},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = iter(done.stdout.splitlines())
    name = request.node.callspec.params["page"]
    for phrase in SAYS[name]:
        assert any(line.startswith(phrase) for line in said), done.stdout
