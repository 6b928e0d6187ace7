"""The finished pages, as `make html` left them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from livesnippets.cluster import Cluster
from selectolax.lexbor import LexborHTMLParser

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build/html"

PATTERN = "patterns/concurrent-operations-async-actor.html"
RAY_GET = "patterns/ray-get-in-a-loop.html"
REFERENCE = "reference/async-actors.html"
CODE_PAGES = (PATTERN, RAY_GET, REFERENCE)


@pytest.fixture
def page(request: pytest.FixtureRequest) -> LexborHTMLParser:
    """Parse the page that the test is parametrized with."""
    path = SITE / request.param
    assert path.exists(), f"{path} is missing; run 'make html'"
    return LexborHTMLParser(path.read_bytes())


@pytest.fixture(scope="session")
def cluster_address() -> Iterator[str]:
    """Start a Ray cluster that scripts can join."""
    cluster = Cluster()
    yield cluster.address
    cluster.stop()
