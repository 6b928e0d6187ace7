from __future__ import annotations

import json
from pathlib import Path

import pytest

from livesnippets.evidence import files
from livesnippets.evidence.environment import Environment
from livesnippets.evidence.files import EvidenceError
from livesnippets.evidence.results import Evidence, Result

HERE = Environment("2.60.0", "3.13.0", "linux-x86_64")
RUN = Result("passed", 0.25, "2026-11-22T18:51:07+00:00", "", {"ξ.py": "sha256:0"}, {"ξ.py": [1]})


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The file is named after its environment, and nothing gets lost."""
    written = Evidence(HERE, {"test_a": RUN})
    path = files.write(tmp_path / "new", written)
    assert path.name == "linux-x86_64-python3.13.0-ray2.60.0-1node.json"
    assert files.read(path) == written


def test_a_failing_write_leaves_the_old_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new evidence, not the old, and leaves no rubbish."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    write_bytes = Path.write_bytes

    def half(self: Path, data: bytes) -> int:
        write_bytes(self, data[: len(data) // 2])
        message = "no space left on device"
        raise OSError(message)

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        files.write(tmp_path, Evidence(HERE, {}))
    assert list(tmp_path.iterdir()) == [path]
    assert files.read(path).tests == {"test_a": RUN}


def test_a_reader_never_sees_half_a_write(tmp_path: Path) -> None:
    """Who has opened the old evidence reads it to its end."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    before = path.read_text()
    with path.open() as reader:
        files.write(tmp_path, Evidence(HERE, {}))
        assert reader.read() == before
    assert files.read(path).tests == {}


@pytest.mark.parametrize("old", ["passed", "linux", "2.60.0", '"format": 3', "sha256:0"])
def test_an_edited_file_is_not_trusted(tmp_path: Path, old: str) -> None:
    """The seal covers everything in the file."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, old[:-1] + "7", 1))
    with pytest.raises(EvidenceError, match=r"^was edited after the tests wrote it$"):
        files.read(path)


@pytest.mark.parametrize("length", [0, 1, 100, -2])
def test_a_cut_file_is_not_trusted(tmp_path: Path, length: int) -> None:
    """Wherever it ends."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(EvidenceError, match=r"^is cut short or not JSON"):
        files.read(path)


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"digest": null}', "\x00"])
def test_what_is_no_evidence_is_not_trusted(tmp_path: Path, content: str) -> None:
    """Other JSON and other bytes get no traceback."""
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(EvidenceError):
        files.read(path)


def test_a_file_in_another_form_is_not_trusted(tmp_path: Path) -> None:
    """The seal is on the text: whether another means the same is not asked."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3))
    with pytest.raises(EvidenceError, match=r"^was edited "):
        files.read(path)


def test_environments_have_words_for_pages_and_for_messages() -> None:
    """Pages leave out the last part of Python's version."""
    assert str(HERE) == "Ray 2.60.0, Python 3.13"
    assert HERE.in_full == "Ray 2.60.0, Python 3.13.0, linux-x86_64"
