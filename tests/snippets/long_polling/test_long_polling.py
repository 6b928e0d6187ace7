"""What clients of a board hear, how many calls that takes, and what parked calls hold."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
import ray
from ray.exceptions import ActorDiedError

from snippets.long_polling import bell, following, hasty, parked
from snippets.long_polling.following import follow
from snippets.long_polling.unguarded import follow_unguarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from livesnippets.evidence.recording import Recording

    WaitUntil = Callable[[Callable[[], bool]], None]

JOB = "job 1"
THREE = [(JOB, "queued"), (JOB, "running"), (JOB, "done")]


def get(ref: Any) -> Any:
    """Return a result, and fail if it does not come."""
    return ray.get(ref, timeout=30)


@pytest.mark.recording("asked_on_and_on", begin="Poller.run")
def test_a_board_that_answers_at_once_is_asked_on_and_on(
    recorded: Callable[[], Recording], wait_until: WaitUntil
) -> None:
    """The client hears of three updates, and calls again and again without news."""
    board = hasty.HastyBoard.remote()
    assert get(board.listen.remote({JOB: None})) == {}
    assert following.post_three_times(board) == THREE
    heard_all = get(board.progress.remote())
    wait_until(lambda: get(board.progress.remote()) > heard_all + 3)
    assert len(recorded().of("HastyBoard.listen")) > len(THREE) + 3
    ray.kill(board)


@pytest.mark.recording("parked", begin="Poller.run")
def test_a_parked_call_is_answered_once_for_each_update(
    recorded: Callable[[], Recording], wait_until: WaitUntil
) -> None:
    """Three updates take three calls, one after the other, and a fourth waits for the next."""
    board = parked.JobBoard.remote()
    get(board.progress.remote())
    assert following.post_three_times(board) == THREE
    wait_until(lambda: get(board.count_parked.remote(JOB)) == 1)
    assert get(board.progress.remote()) == len(THREE)
    seen = recorded()
    calls = seen.of("JobBoard.listen")
    assert len(calls) == len(THREE) + 1
    assert calls[-1].stop is None
    assert seen.most_at_once("JobBoard.listen") == 1
    posts = seen.of("JobBoard.post")
    for post, call in zip(posts[-2:], calls[1:3], strict=True):
        assert call.stop
        assert post.start < call.stop


def test_a_call_that_comes_late_is_answered_at_once_thanks_to_its_snapshot_id() -> None:
    """A state that was posted between two calls is heard by the second."""
    assert list(bell.listen_twice(parked.JobBoard.remote())) == ["running", "done"]


def test_each_post_has_a_snapshot_id_of_its_own() -> None:
    """Also that of a state which the job has already; so a listener hears of each of both."""
    board = parked.JobBoard.remote()
    known: dict[str, Any] = {JOB: None}
    for _ in range(2):
        get(board.post.remote(JOB, "queued"))
        snapshot, state = get(board.listen.remote(known))[JOB]
        assert snapshot != known[JOB]
        assert state == "queued"
        known[JOB] = snapshot


def test_an_event_alone_does_not_tell_of_what_was_posted_between_two_calls() -> None:
    """The second call waits, though the board has another state than the caller."""
    board = bell.BellBoard.remote()
    assert list(bell.listen_twice(board)) == ["running", "nothing within 2 seconds"]
    assert get(board.count_parked.remote(JOB)) == 1


def test_one_call_follows_many_jobs_and_brings_those_that_have_changed(
    wait_until: WaitUntil,
) -> None:
    """Of a hundred jobs one is posted, and the answer has this one; all others are parked on."""
    board = parked.JobBoard.remote()
    jobs = [f"job {number}" for number in range(100)]
    call = board.listen.remote(dict.fromkeys(jobs))
    other = board.listen.remote({"job 100": None})
    wait_until(lambda: get(board.count_parked.remote("job 7")) == 1)
    wait_until(lambda: get(board.count_parked.remote("job 100")) == 1)
    get(board.post.remote("job 7", "done"))
    assert {job: state for job, (_, state) in get(call).items()} == {"job 7": "done"}
    assert get(board.count_parked.remote("job 8")) == 0
    assert not ray.wait([other], timeout=0.5)[0]
    assert get(board.progress.remote()) == 1


def test_a_client_asks_again_when_its_callback_has_run_and_then_hears_the_newest_state(
    wait_until: WaitUntil,
) -> None:
    """No call is there meanwhile, and of three states that are posted it hears the last."""

    @ray.remote
    class HeldPoller:
        def __init__(self, board: Any) -> None:
            self.board = board
            self.heard: list[str] = []
            self.released = asyncio.Event()

        async def run(self) -> None:
            await follow(self.board, [JOB], self.on_news)

        async def on_news(self, _job: str, state: str) -> None:
            self.heard.append(state)
            await self.released.wait()

        async def release(self) -> None:
            self.released.set()

        async def progress(self) -> list[str]:
            return self.heard

    board = parked.JobBoard.remote()
    poller = HeldPoller.remote(board)
    poller.run.remote()
    get(board.post.remote(JOB, "queued"))
    wait_until(lambda: get(poller.progress.remote()) == ["queued"])
    for state in "claimed", "running", "done":
        get(board.post.remote(JOB, state))
        assert get(board.count_parked.remote(JOB)) == 0
    assert get(board.progress.remote()) == 1
    get(poller.release.remote())
    wait_until(lambda: get(poller.progress.remote()) == ["queued", "done"])
    wait_until(lambda: get(board.count_parked.remote(JOB)) == 1)
    assert get(board.progress.remote()) == 2
    assert get(poller.progress.remote()) == ["queued", "done"]


def failing_poller(board: Any) -> Any:
    """Return a poller that fails on one state, and takes in all others."""

    @ray.remote
    class FailingPoller:
        def __init__(self, board: Any) -> None:
            self.board = board
            self.heard: list[str] = []

        async def run(self, follow: Any) -> None:
            await follow(self.board, [JOB], self.on_news)

        async def on_news(self, _job: str, state: str) -> None:
            if state == "queued":
                raise ValueError("no use for that")
            self.heard.append(state)

        async def progress(self) -> list[str]:
            return self.heard

    return FailingPoller.remote(board)


def test_a_callback_that_raises_does_not_end_the_client(wait_until: WaitUntil) -> None:
    """It hears of the next state, not again of the one that it failed on, and goes on."""
    board = parked.JobBoard.remote()
    poller = failing_poller(board)
    running = poller.run.remote(follow)
    get(board.post.remote(JOB, "queued"))
    wait_until(lambda: get(board.progress.remote()) == 1)
    wait_until(lambda: get(board.count_parked.remote(JOB)) == 1)  # it has asked again
    get(board.post.remote(JOB, "done"))
    wait_until(lambda: get(poller.progress.remote()) == ["done"])
    wait_until(lambda: get(board.count_parked.remote(JOB)) == 1)
    assert get(board.progress.remote()) == 2
    assert not ray.wait([running], timeout=0)[0]


def test_a_callback_that_raises_ends_a_client_without_a_guard() -> None:
    """It hears of nothing that is posted later, though its actor answers."""
    board = parked.JobBoard.remote()
    poller = failing_poller(board)
    running = poller.run.remote(follow_unguarded)
    get(board.post.remote(JOB, "queued"))
    with pytest.raises(ValueError, match="no use for that"):
        get(running)
    get(board.post.remote(JOB, "done"))
    assert get(board.count_parked.remote(JOB)) == 0
    assert get(poller.progress.remote()) == []


def test_a_call_that_times_out_brings_nothing_and_the_client_asks_again(
    wait_until: WaitUntil,
) -> None:
    """Nothing is posted and calls are answered; then news comes all the same."""
    board = parked.JobBoard.remote(shortest=0.05, longest=0.1)
    assert get(board.listen.remote({JOB: None})) == {}
    poller = following.Poller.remote(board)
    poller.run.remote([JOB])
    wait_until(lambda: get(board.progress.remote()) >= 4)
    assert get(poller.progress.remote()) == []
    get(board.post.remote(JOB, "queued"))
    wait_until(lambda: get(poller.progress.remote()) == [(JOB, "queued")])


def test_each_parked_call_draws_a_timeout_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred calls have a hundred timeouts between the bounds, the thirds of which all occur."""
    drawn: list[float] = []
    timeout = asyncio.timeout

    def draw(delay: float) -> asyncio.Timeout:
        drawn.append(delay)
        return timeout(0)

    monkeypatch.setattr(parked.asyncio, "timeout", draw)
    cls: Any = parked.JobBoard

    async def park_all() -> None:
        board = cls.__ray_metadata__.modified_class(shortest=30, longest=60)
        await asyncio.gather(*(board.listen({JOB: None}) for _ in range(100)))

    asyncio.run(park_all())
    assert len(set(drawn)) == 100
    assert {int(delay // 10) for delay in drawn} == {3, 4, 5}


def test_an_update_gets_a_place_when_a_parked_call_times_out(wait_until: WaitUntil) -> None:
    """With all places taken it waits; it runs beside short timeouts, and not beside long ones."""
    cls: Any = parked.JobBoard

    @ray.remote
    class Tally:
        count = 0

        async def add(self, begun: int) -> int:
            self.count += begun
            return self.count

    class TellingBoard(cls.__ray_metadata__.modified_class):  # type: ignore[misc] # Ray's own
        async def listen(self, known: dict[str, Any]) -> Any:
            await tally.add.remote(1)
            return await super().listen(known)

    tally = Tally.remote()
    two_places = ray.remote(TellingBoard).options(max_concurrency=2)
    long = two_places.remote(shortest=1000, longest=2000)
    short = two_places.remote(shortest=2, longest=3)
    refs = [long.listen.remote({JOB: None}) for _ in "ab"]
    wait_until(lambda: get(tally.add.remote(0)) == 2)
    refs += [short.listen.remote({JOB: None}) for _ in "ab"]
    wait_until(lambda: get(tally.add.remote(0)) == 4)
    starved = long.post.remote(JOB, "done")
    get(short.post.remote(JOB, "done"))
    assert not ray.wait([starved], timeout=1)[0]


def test_the_call_of_a_killed_client_is_parked_until_its_timeout(wait_until: WaitUntil) -> None:
    """It takes its place when its client is gone, and gives it back when its time is over."""
    long = parked.JobBoard.remote()
    short = parked.JobBoard.remote(shortest=2, longest=2)
    boards = [long, short]
    pollers = [following.Poller.remote(board) for board in boards]
    running = [poller.run.remote([JOB]) for poller in pollers]
    wait_until(lambda: get([board.count_parked.remote(JOB) for board in boards]) == [1, 1])
    for poller, ref in zip(pollers, running, strict=True):
        ray.kill(poller)
        with pytest.raises(ActorDiedError):
            get(ref)
    wait_until(lambda: get(short.count_parked.remote(JOB)) == 0)
    assert get(long.count_parked.remote(JOB)) == 1


def test_a_client_ends_with_its_board(wait_until: WaitUntil) -> None:
    """The call that is parked raises when the board is killed, and so does the client's loop."""
    board = parked.JobBoard.remote()
    poller = following.Poller.remote(board)
    running = poller.run.remote([JOB])
    wait_until(lambda: get(board.count_parked.remote(JOB)) == 1)
    ray.kill(board)
    with pytest.raises(ActorDiedError):
        get(running)
    assert get(poller.progress.remote()) == []


def test_main_prints_one_call_an_update(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, hears of three updates with three calls."""
    assert run_snippet("snippets.long_polling.parked") == (
        "heard: job 1 is queued\nheard: job 1 is running\nheard: job 1 is done\ncalls answered: 3\n"
    )


@pytest.mark.alone  # its output is shown, and holds a count that others would lower
def test_main_prints_many_calls_an_update(run_snippet: Callable[..., str]) -> None:
    """The module, run by hand, hears of three updates with many more calls."""
    printed = run_snippet("snippets.long_polling.hasty", varying=["count"])
    found = re.fullmatch(
        "heard: job 1 is queued\nheard: job 1 is running\nheard: job 1 is done\n"
        r"calls answered: (\d+)\n",
        printed,
    )
    assert found
    assert int(found[1]) > 3


def test_main_prints_what_each_of_two_calls_hears(run_snippet: Callable[[str], str]) -> None:
    """The module, run by hand, hears of the second state with snapshot ids alone."""
    assert run_snippet("snippets.long_polling.bell") == (
        "an event alone: running, then nothing within 2 seconds\n"
        "with snapshot ids: running, then done\n"
    )
