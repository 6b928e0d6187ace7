from __future__ import annotations

import pytest

from livesnippets.run.worker_lines import is_torn

WHOLE = [":job_id:01000000", ":task_name:remote_double", "hello", "", ":task_name:f"]


@pytest.mark.parametrize("line", [":task_na", "me:remote_double", "ble", ":", ":actor_"])
def test_a_part_of_one_of_ray_s_own_lines_is_torn(line: str) -> None:
    """Its beginning or its end, wherever it was read."""
    assert is_torn(line, WHOLE)


@pytest.mark.parametrize("line", ["hello", "", "a double", "hel", ":", "f", "ble"])
def test_what_a_worker_printed_is_not(line: str) -> None:
    """Also when it looks like such a part."""
    assert not is_torn(line, [*WHOLE, line])


def test_the_end_of_a_line_alone_is_torn() -> None:
    """Where no worker has printed an empty one."""
    assert is_torn("", [":task_name:f"])
    assert not is_torn("hel", ["hello"])
