"""What is left of an actor when its driver has ended."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import ray

from snippets.named_and_detached_actors.outliving import begin, end, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Drivers:
    """Drivers of one cluster, one after the other, and a poller in a namespace of its own."""

    def __init__(self) -> None:
        self.namespace = uuid.uuid4().hex
        ray.init()  # the test's own job would end all that it leaves

    def change(self) -> None:
        """End one driver's job, and begin the next one's."""
        ray.shutdown()
        ray.init()

    def progress(self) -> int:
        """Return what the poller has counted."""
        return int(ray.get(find(self.namespace).progress.remote(), timeout=30))

    def is_gone(self) -> bool:
        """Whether nobody finds the poller, or it has died."""
        try:
            self.progress()
        except (ValueError, ray.exceptions.ActorDiedError):
            return True
        return False


@pytest.fixture
def drivers() -> Iterator[Drivers]:
    """Return drivers that leave no poller behind."""
    drivers = Drivers()
    yield drivers
    if not drivers.is_gone():
        end(drivers.namespace)


def test_a_named_actor_ends_with_its_driver(
    drivers: Drivers, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Also while its loop runs; the next driver finds none."""
    begin(drivers.namespace, lifetime=None)
    assert not drivers.is_gone()
    drivers.change()
    wait_until(drivers.is_gone)


def test_a_detached_actor_outlives_its_driver_and_its_loop_goes_on(
    drivers: Drivers, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """The next driver finds it by name and namespace, still counting."""
    before = begin(drivers.namespace, lifetime="detached")
    drivers.change()
    seen = drivers.progress()
    assert seen >= before
    wait_until(lambda: drivers.progress() >= seen + 10)


def test_a_driver_of_another_namespace_does_not_find_the_name(drivers: Drivers) -> None:
    """It has to give the namespace."""
    begin(drivers.namespace, lifetime="detached")
    drivers.change()
    with pytest.raises(ValueError, match="poller"):
        ray.get_actor("poller")
    assert drivers.progress() >= 0


def test_a_detached_actor_ends_when_it_is_killed_and_not_when_its_handles_go(
    drivers: Drivers, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    """Nobody holds a handle between two calls of `find`."""
    begin(drivers.namespace, lifetime="detached")
    drivers.change()
    seen = drivers.progress()
    wait_until(lambda: drivers.progress() > seen)
    end(drivers.namespace)
    wait_until(drivers.is_gone)
