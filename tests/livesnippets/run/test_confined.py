"""A run where there is less than usual: no home, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.project import SPARED

if TYPE_CHECKING:
    from tests.support.project import RayProject

NOBODY = 65534
"""The user, and the group, of whom Linux thinks that they own nothing."""
HOMELESS = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    # The Python that runs this may lie where nobody else may look; it may be read, not written.
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
    *("env", "HOME=/nonexistent", "USER=nobody", "LOGNAME=nobody"),
]
OFFLINE = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
OWNER = "import os; print(os.getuid(), os.path.exists(os.path.expanduser('~')))"
INTERFACES = "import socket; print(*[name for _, name in socket.if_nameindex()])"

SNIPPET = """
import ray


@ray.remote
class Counter:
    def count(self):
        print("counting")
        return 1


counter = Counter.remote()
print(ray.get(counter.count.remote()))
"""
TESTS = """
def test_counter(run_snippet):
    assert "1" in run_snippet("snippets.counter", varying=["order"]).splitlines()
"""


@pytest.fixture
def counting(ray_project: RayProject) -> RayProject:
    """Return a project with a program that has an actor."""
    ray_project.write("snippets/counter.py", SNIPPET)
    ray_project.write("tests/test_counter.py", TESTS)
    return ray_project


def confine(how: list[str], look: str, expected: str) -> None:
    """Skip the test if a process cannot be confined here, as it has to see itself."""
    if not shutil.which(how[0]):
        pytest.skip(f"there is no {how[0]}")
    command = [*how, sys.executable, "-c", look]
    seen = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if seen.returncode != 0:
        pytest.skip(f"{how[0]} cannot do it here: {seen.stderr.strip()}")
    assert seen.stdout == f"{expected}\n"


def passes(project: RayProject, how: list[str]) -> None:
    """Run the tests confined; see that they pass and leave evidence, and no more."""
    command = [*how, sys.executable, "-m", "pytest", *SPARED]
    run = subprocess.run(
        command, cwd=project.root, capture_output=True, text=True, check=False, timeout=150
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert project.outcomes == {"test_counter": "passed"}
    evidence = project.evidence["test_counter"]
    assert evidence.hits["snippets/counter.py"] == [1, 4, 5, 6, 7, 8, 11, 12]
    assert "counting" in evidence.outputs["snippets.counter"].runs[0]
    assert project.left_behind(set()) == []


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
@pytest.mark.skipif(os.getuid() != 0, reason="only root may run as another user")
def test_a_user_without_a_home_can_run_the_tests(counting: RayProject) -> None:
    """As in a container that gives its process any user."""
    confine(HOMELESS, OWNER, f"{NOBODY} False")
    for folder in (counting.root, counting.temporary):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    passes(counting, HOMELESS)
    owners = {path.stat().st_uid for path in (counting.root / "build").rglob("*")}
    assert owners == {NOBODY}


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_a_machine_without_a_network_can_run_the_tests(counting: RayProject) -> None:
    """Loopback is all that Ray needs."""
    confine(OFFLINE, INTERFACES, "lo")
    passes(counting, OFFLINE)
