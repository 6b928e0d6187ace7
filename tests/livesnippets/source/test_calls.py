from __future__ import annotations

import pytest

from livesnippets.source.module import Source


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("import ray\nray.get(ref)\n", {"ray.get"}),
        ("import ray as r\nr.util.queue.Queue()\n", {"ray.util.queue.Queue"}),
        ("from ray import wait\nwait([ref])\n", {"ray.wait"}),
        ("from time import sleep as nap\nnap(max(1, 2))\n", {"time.sleep", "builtins.max"}),
        ("import ray\nray.get([a.f.remote() for a in b])\n", {"ray.get", "?.remote"}),
        ("def f(): pass\nf()\n", {"?"}),
        ("time.sleep(1)\n", {"?.sleep"}),
        ("x = {}\nx['f'](1)\n", {"?"}),
    ],
)
def test_a_call_has_the_name_that_imports_give_it(code: str, called: set[str]) -> None:
    """In full; what no import binds is unknown."""
    source = Source("a.py", code)
    assert source.calls[len(source.lines)] == called


@pytest.mark.parametrize(
    "binding",
    [
        "def f(time): pass",
        "def time(): pass",
        "class time: pass",
        "time = 1",
        "import clock as time",
        "try: pass\nexcept OSError as time: pass",
        "match 1:\n    case [*time]: pass",
    ],
)
def test_a_name_that_is_bound_twice_means_nothing(binding: str) -> None:
    """It may be either, in whatever scope."""
    source = Source("a.py", f"import time\n{binding}\ntime.sleep(1)\n")
    assert source.calls[len(source.lines)] == {"?.sleep"}


def test_a_call_stands_where_its_name_ends() -> None:
    """As Python reports it, however many lines it takes."""
    source = Source("a.py", "import ray\n(ray\n .wait(\n    [1],\n))\n")
    assert source.calls == {3: {"ray.wait"}}
