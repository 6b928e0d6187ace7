from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from xdist.remote import Producer

from livesnippets.run.schedule import AloneLast

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = ["short", "measures", "long", "records", "middle"]
SECONDS = {"short": 1.0, "middle": 2.0, "long": 3.0, "measures": 1.0, "records": 2.0}


class Channel:
    """What there is to wait for when a worker ends."""

    RemoteError = TimeoutError = OSError

    def waitclose(self, seconds: float) -> None:
        """Do not wait."""


@dataclass(eq=False)
class Node:
    """A worker that begins a test when it knows the next one, and is told what to do."""

    known: list[str] = field(default_factory=list)
    shutting_down: bool = False
    channel: Channel = field(default_factory=Channel)
    gateway: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(id="gw0"))

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Hear of tests to run."""
        self.known += [TESTS[index] for index in indices]

    def shutdown(self) -> None:
        """Hear that there are no more."""
        self.shutting_down = True

    @property
    def running(self) -> str | None:
        """The test that it runs."""
        begins = len(self.known) > 1 or self.shutting_down
        return self.known[0] if self.known and begins else None


@pytest.fixture
def schedule(pytester: pytest.Pytester) -> AloneLast:
    """Return a schedule for two workers that knows how long each test took."""
    config = pytester.parseconfig("--tx=2*popen")
    made = AloneLast(config, Producer("log", enabled=False), SECONDS)
    made.alone = {"measures", "records"}
    return made


def join(schedule: AloneLast, tests: Sequence[str] = TESTS) -> Node:
    """Let a worker come and collect."""
    node = Node()
    schedule.add_node(node)
    schedule.add_node_collection(node, list(tests))
    if schedule.collection_is_completed:
        schedule.schedule()
    return node


def end(schedule: AloneLast, node: Node) -> str:
    """End the test that a worker runs, and the worker itself if it knows that it was the last."""
    name = node.running
    assert name is not None
    node.known.remove(name)
    schedule.mark_test_complete(node, TESTS.index(name))
    if node.shutting_down and not node.known:
        assert schedule.remove_node(node) is None
    return name


def test_the_longest_come_first_and_what_runs_alone_comes_last(schedule: AloneLast) -> None:
    """A worker that has nothing else to do waits until no test runs beside it."""
    one, two = join(schedule), join(schedule)
    assert (one.running, two.running) == ("long", "middle")
    assert end(schedule, one) == "long"
    assert end(schedule, one) == "short"
    assert (one.running, two.running) == (None, "middle")
    assert not schedule.tests_finished
    assert end(schedule, two) == "middle"
    assert [end(schedule, one), end(schedule, one)] == ["records", "measures"]
    assert schedule.tests_finished


def test_a_single_test_that_runs_alone_waits_as_well(schedule: AloneLast) -> None:
    """Nothing is left to give out then, and yet the run goes on."""
    schedule.alone = {"records"}
    one, two = join(schedule), join(schedule)
    while one.running:
        end(schedule, one)
    assert two.running
    assert one.known == ["records"]
    assert not schedule.tests_finished
    while two.running:
        end(schedule, two)
    assert end(schedule, one) == "records"


def test_without_any_that_runs_alone_nobody_waits(schedule: AloneLast) -> None:
    """All tests are shared out."""
    schedule.alone = set()
    one, two = join(schedule), join(schedule)
    ran = [end(schedule, node) for _ in range(3) for node in (one, two) if node.running]
    assert sorted(ran) == sorted(TESTS)
    assert schedule.tests_finished


def test_what_a_dead_worker_had_not_begun_goes_to_another(schedule: AloneLast) -> None:
    """What is to run alone still does; the test that ended the worker is named."""
    one, two = join(schedule), join(schedule)
    assert one.known == ["long", "short", "records"]
    assert schedule.remove_node(one) == "long"
    end(schedule, two)
    assert not schedule.tests_finished
    three = join(schedule)
    assert [end(schedule, three) for _ in range(3)] == ["short", "records", "measures"]
    assert schedule.tests_finished


def test_workers_that_find_no_test_or_different_ones_end(schedule: AloneLast) -> None:
    """Nothing is left to wait for."""
    one, two = join(schedule, []), join(schedule, [])
    assert one.shutting_down
    assert two.shutting_down
    assert schedule.tests_finished


def test_a_replacement_that_finds_other_tests_gets_none(schedule: AloneLast) -> None:
    """A file was edited meanwhile: nobody knows which tests its numbers stand for."""
    join(schedule)
    join(schedule)
    late = join(schedule, ["another"])
    assert late.shutting_down
    assert late.known == []
