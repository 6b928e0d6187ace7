"""A loop keeps its actor alive until its call is cancelled."""

import asyncio
import time

import ray


@ray.remote
class Journal:
    """Notes what an actor does, and can be read when it is gone."""

    def __init__(self):
        self.turns = 0
        self.notes = []

    def turn(self):
        self.turns += 1

    def note(self, what):
        self.notes.append(what)

    def read(self):
        return self.turns, self.notes


@ray.remote
class Poller:
    """Polls for ever, and notes that it was cancelled."""

    def __init__(self, journal):
        self.journal = journal

    async def run(self):
        try:
            while True:
                await self.journal.turn.remote()
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            await self.journal.note.remote("run was cancelled")
            raise


def wait_for_turns(count, journal):
    """Wait until the loop has made `count` more turns."""
    turns, _ = ray.get(journal.read.remote())
    goal = turns + count
    while turns < goal:
        time.sleep(0.05)  # between two looks
        turns, _ = ray.get(journal.read.remote())


def wait_for_notes(journal, seconds=60):
    """Return the notes of an actor, when there is one."""
    deadline = time.monotonic() + seconds
    notes = []
    while not notes and time.monotonic() < deadline:
        time.sleep(0.05)  # between two looks
        _, notes = ray.get(journal.read.remote())
    return notes


def main():
    journal = Journal.remote()
    poller = Poller.remote(journal)
    polling = poller.run.remote()
    wait_for_turns(1, journal)
    del poller  # the last handle
    wait_for_turns(50, journal)
    print("without a handle: 50 more turns")

    ray.cancel(polling, recursive=False)
    print("cancelled:", *wait_for_notes(journal))


if __name__ == "__main__":
    main()
