from __future__ import annotations

import importlib.metadata

import pytest

from livesnippets import isolation


@pytest.mark.parametrize("version", ["2.52.0", "2.60.1", "3.0.0rc1", "10.1"])
def test_a_ray_that_asks_for_a_token_needs_no_warning(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Ray 2.52 was the first that can."""
    monkeypatch.setattr(importlib.metadata, "version", {"ray": version}.get)
    assert isolation.warning() == ""


@pytest.mark.parametrize("version", ["2.40.0", "2.51.2", "1.99"])
def test_an_older_ray_is_named_with_what_follows(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Who may do what meanwhile, and the cure."""
    monkeypatch.setattr(importlib.metadata, "version", {"ray": version}.get)
    assert isolation.warning() == (
        f"Ray {version} asks nobody for a token: while it runs, every web page and every user of "
        "this machine can have it run code as you; install Ray 2.52 or newer"
    )
