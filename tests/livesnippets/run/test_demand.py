from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from livesnippets.run.demand import unmet_needs

if TYPE_CHECKING:
    from tests.support.project import RayProject

SNIPPET = """
import time

import ray
from ray.util.placement_group import placement_group


@ray.remote
def task():
    time.sleep(60)


def call(number=1, **options):
    ray.get([task.options(**options).remote() for _ in range(number)])


def spread():
    ray.get(placement_group([{"CPU": 1}] * 2, strategy="STRICT_SPREAD").ready())


def fill():
    refs = [ray.put(bytes(size * 1024**2)) for size in (16,) * 8 + (128,)]
    assert len(ray.get(refs)) == 9
"""

TESTS = """
import pytest
from snippets.wanting import call, fill, spread

pytestmark = pytest.mark.timeout(6)


def test_resource(ray_job): call(3, resources={"x": 1})
def test_gpu(ray_job): call(num_gpus=1)
def test_cpus(ray_job): call(3)
def test_spread(ray_job): spread()
@pytest.mark.timeout(60)
def test_fill(ray_job): fill()
def test_nothing(ray_job): call()
"""

CURE = "; ask for less, or raise num_cpus or resources under [tool.livesnippets] in pyproject.toml"
TOLD = {
    "resource": f"3 calls wait for 1 CPU and 1 x, and the cluster has 2 CPU, 2 of them free, "
    f"0 x, 0 of them free{CURE}",
    "gpu": "1 call waits for 1 CPU and 1 GPU, and the cluster has 2 CPU, 2 of them free, "
    f"0 GPU, 0 of them free{CURE}",
    "cpus": "1 call waits for 1 CPU, and the cluster has 2 CPU, 0 of them free" + CURE,
    "spread": "a placement group (STRICT_SPREAD) waits for 1 CPU, 1 CPU, and the cluster has 2 CPU "
    f"on 1 node{CURE}",
    "nothing": "",
}


@pytest.mark.timeout(240)  # it starts a Ray, perhaps beside busy neighbours
def test_a_timeout_names_what_the_cluster_could_not_give(ray_project: RayProject) -> None:
    """Each need has its own words, and a test that waits for something else has none of them.

    A store that is full, at last, is not waited for, nor one that an object does not fit in: Ray
    goes on on disk.
    """
    pyproject = ray_project.root / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}\n[tool.livesnippets]\nnum_cpus = 2\n")
    ray_project.write("snippets/wanting.py", SNIPPET)
    ray_project.write("tests/test_wanting.py", TESTS)
    result = ray_project.run(timeout=220)
    result.assert_outcomes(failed=5, passed=1)
    result.stdout.fnmatch_lines(["*what Ray could not give*", f"*{TOLD['gpu'].partition(',')[0]}*"])
    told = {name: run.failure for name, run in ray_project.evidence.items()}
    messages = {name: failure.message for name, failure in told.items() if failure is not None}
    for name, needs in TOLD.items():
        message = messages[f"test_{name}"]
        assert needs in message
        if not needs:
            assert "pyproject.toml" not in message


def test_without_ray_nothing_is_missing() -> None:
    """Whoever never started it waits for something else."""
    assert unmet_needs() == ""
