"""What a recording says never to have started has not started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import RayProject

STARTING = """
import json
import time

import ray
from ray.util.queue import Queue

from library import Base


@ray.remote
class Busy(Base):
    def hold(self):
        time.sleep(60)

    def other(self):
        return True


@ray.remote
class AsyncBusy(Base):
    async def other(self):
        return True


@ray.remote
def task():
    return 1


def main():
    queue = Queue()
    queue.put(1)
    assert queue.get() == 1
    for kind in (Busy, AsyncBusy):
        actor = kind.remote()
        ray.get(actor.__ray_ready__.remote())
        assert ray.get(actor.inherited.remote())
        assert ray.get(actor.other.remote())
    dumps = ray.remote(json.dumps)
    assert ray.get([task.remote(), dumps.remote(1)]) == [1, "1"]


def block():
    busy = Busy.remote()
    ray.get(busy.__ray_ready__.remote())
    held = [busy.hold.remote(), busy.other.remote(), busy.inherited.remote()]
    return busy, held, task.options(resources={"none": 1}).remote()
"""

TESTS = """
import time

import pytest
import ray
from snippets.starting import block, main


@pytest.mark.recording
def test_all_have_started(ray_job, recorded):
    main()
    seen = recorded()
    assert [each.target for each in seen.never_started()] == []
    assert len(seen.of("Busy.other")) == len(seen.of("task")) == 1


@pytest.mark.recording("blocked", begin="Busy.hold")
def test_some_have_not(ray_job, recorded):
    busy, *refs = block()
    deadline = time.monotonic() + 30
    while True:
        try:
            seen = recorded()  # from the first call of `hold` on
        except Exception:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            break
    asked = sorted(each.target for each in seen.never_started())
    assert asked == ["Busy.inherited", "Busy.other", "task"]
    assert seen.calls[-1].name == "Busy.hold"
    ray.kill(busy)
"""


@pytest.mark.timeout(180)  # it starts a Ray, perhaps beside busy neighbours
def test_only_what_is_known_not_to_have_started_is_said_to(ray_project: RayProject) -> None:
    """A queue's calls and an inherited method's run code that is not watched, and have started."""
    ray_project.write("library.py", "class Base:\n    def inherited(self):\n        return True\n")
    ray_project.write("snippets/starting.py", STARTING)
    ray_project.write("tests/test_starting.py", TESTS)
    ray_project.run().assert_outcomes(passed=2)
    recording = ray_project.evidence["test_some_have_not"].recordings["blocked"]
    asked = sorted(each.target for each in recording.never_started())
    assert asked == ["Busy.inherited", "Busy.other", "task"]
