"""Say what calls wait for that Ray's cluster cannot give them."""

from __future__ import annotations


def unmet_needs() -> str:
    """Return nothing."""
    return ""
