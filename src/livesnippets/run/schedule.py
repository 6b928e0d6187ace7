"""Which test goes to which of pytest-xdist's workers, and when."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

AHEAD = 2
"""A worker begins a test when it knows the next one, or that there is none."""
END_SECONDS = 10
"""How long a worker that is through may take to end."""


class AloneLast(LoadScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Gives out the longest tests first, and those that run alone at the end, to one worker."""

    def __init__(self, config: pytest.Config, log: Producer, seconds: dict[str, float]) -> None:
        super().__init__(config, log)
        self.seconds = seconds
        """How long each test took when it ran last; a new one may be long."""
        self.alone: set[str] = set()
        self.waiting: list[int] = []
        """The tests that run alone and have not been given out."""

    @property
    def tests_finished(self) -> bool:
        """Whether every worker knows that there is nothing more to come."""
        if not self.collection_is_completed or self.pending or self.waiting:
            return False
        return all(node.shutting_down for node in self.nodes)

    def schedule(self) -> None:
        """Begin to give tests out; called again when a worker has been replaced."""
        if self.collection is None and self._check_nodes_have_same_collection():
            names: list[str] = next(iter(self.node2collection.values()))
            self.collection: list[str] | None = names
            lengths = [self.seconds.get(name, math.inf) for name in names]
            order = sorted(range(len(names)), key=lengths.__getitem__, reverse=True)
            self.pending = [index for index in order if not self._is_alone(index)]
            self.waiting = [index for index in order if self._is_alone(index)]
        self._give_out()

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Keep what a worker collected; one that came later and found other tests is no use."""
        super().add_node_collection(node, collection)
        if node not in self.node2collection:
            node.shutdown()

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Go on: what one worker has done may be what another one waited for."""
        del node, duration
        self._give_out()

    def remove_node(self, node: WorkerController) -> str | None:
        """Take back what a worker that died has not begun; let one that is through end first."""
        held = self.node2pending[node]
        back = [index for index in held[1:] if self._is_alone(index)]
        self.waiting = back + self.waiting
        self.node2pending[node] = [index for index in held if index not in back]
        crashed: str | None = super().remove_node(node)
        if self.alone:
            with contextlib.suppress(node.channel.RemoteError, node.channel.TimeoutError):
                node.channel.waitclose(END_SECONDS)  # or it is busy beside a test that runs alone
        self._give_out()
        return crashed

    def _is_alone(self, index: int) -> bool:
        return self.collection is not None and self.collection[index] in self.alone

    def _give_out(self) -> None:
        ready = [node for node in self.node2collection if node in self.node2pending]
        able = [node for node in ready if not node.shutting_down]
        for known in range(AHEAD):  # the first of each worker before the second of any
            for node in able:
                if len(self.node2pending[node]) == known:
                    self._send_tests(node, 1)
        if self.pending or not able:
            return
        last = able[0]
        for node in self.nodes:
            if node is not last and not node.shutting_down:
                node.shutdown()
        if self.waiting and not any(map(self._is_alone, self.node2pending[last])):
            self._send_alone(last, 1)  # which makes it begin the test before that
        if self.nodes == [last] or not any(map(self._is_alone, self.node2pending[last])):
            self._send_alone(last, len(self.waiting))
            last.shutdown()

    def _send_alone(self, node: WorkerController, number: int) -> None:
        self.pending, self.waiting = self.waiting[:number], self.waiting[number:]
        self._send_tests(node, number)
