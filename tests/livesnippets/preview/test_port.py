from __future__ import annotations

import pytest

from livesnippets.preview.port import free_port


def test_the_next_free_port_is_taken() -> None:
    """When the wanted one is in use."""
    with free_port(0) as first:
        wanted = first.getsockname()[1]
        with free_port(wanted) as second:
            assert second.getsockname()[1] > wanted
        with pytest.raises(OverflowError):
            free_port(65536)
        with pytest.raises(OSError, match="in use"):
            free_port(wanted, tries=1)
