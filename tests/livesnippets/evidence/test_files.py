from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from livesnippets.evidence import files
from livesnippets.evidence.environment import Environment
from livesnippets.evidence.files import EvidenceError
from livesnippets.evidence.recording import Call, Recording, Span, Submission
from livesnippets.evidence.results import (
    Capture,
    Evidence,
    Failure,
    Frame,
    Measurement,
    Result,
)
from livesnippets.source.statements import Statement

HERE = Environment("2.60.0", "3.13.0", "linux-x86_64")
RUN = Result("passed", 0.25, "2026-11-22T18:51:07+00:00", "", {"ξ.py": "sha256:0"}, {"ξ.py": [1]})
RECORDING = Recording(
    calls=[Call(7, 1, "A.f", "ξ.py", "t1", 5, stop=9, spans=[Span("running", 5, 9, 3)])],
    submissions=[Submission("A.g", "t2", 6)],
    begin=5,
    end=9,
    dropped={7: 3},
    names={7: "A", 0: "driver"},
)
FULL = Result(
    outcome="failed",
    duration=1.5,
    when="2026-11-22T18:51:07+00:00",
    commit="0fd0a7d123+",
    files={},
    hits={},
    imported={"a.py": [1, 3]},
    unreached={"a.py": [2]},
    failure=Failure("ValueError: ξ", [Frame("a.py", 3)]),
    outputs={"snippets.a": Capture(["pid=1\n"], ["process-id"])},
    measurements={"answer": Measurement("ms", [1, 2.5])},
    recordings={"polling": RECORDING},
)


def test_evidence_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The file is named after its environment, and nothing gets lost."""
    written = Evidence(
        HERE, {"test_a": RUN, "test_b": FULL}, {"sha256:0": [Statement(1, [[1], []], [])]}
    )
    path = files.write(tmp_path / "new", written)
    assert path.name == "linux-x86_64-python3.13.0-ray2.60.0.json"
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


@pytest.mark.parametrize("old", ["passed", "linux", "2.60.0", '"format":5', "sha256:0"])
def test_an_edited_file_is_not_trusted(tmp_path: Path, old: str) -> None:
    """The seal covers everything in the file."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, old[:-1] + "7", 1))
    with pytest.raises(EvidenceError, match=r"^was edited .*; remove it and run 'make "):
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


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            '"outcome":"passed"',
            '"outcome":5',
            "Expected `str`, got `int` - at `$.tests[...].outcome`",
        ),
        ('"outcome":"passed"', '"outcome":"fine"', "Invalid enum value 'fine'"),
        (
            '"ξ.py":[1]',
            '"ξ.py":["1"]',
            "Expected `int`, got `str` - at `$.tests[...].hits[...][0]`",
        ),
        ('"commit":"",', "", "Object missing required field `commit` - at `$.tests[...]`"),
        ('"commit":"",', '"commit":"","colour":"red",', "Object contains unknown field `colour`"),
        ('["a.py",3]', '["a.py"]', "Expected `array` of length 2"),
        ('"unit":"ms",', "", "missing required field `unit`"),
        ('"runs":["pid=1\\n"]', '"runs":"pid=1"', "Expected `array`, got `str`"),
        ('["running",5,9,3]', '["running",5,9]', "Expected `array` of at least length 4"),
        ('"platform":"linux-x86_64"', '"platform":1', "Expected `str`, got `int` - at `$.environ"),
    ],
)
def test_a_value_of_another_type_is_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    """Though the seal is right; the message says where, in one line."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN, "test_b": FULL}))
    text = path.read_text()
    assert old in text
    files.write_sealed(path, msgspec.Raw(unsealed(text.replace(old, new)).encode()))
    with pytest.raises(EvidenceError) as caught:
        files.read(path)
    assert str(caught.value).startswith("is not what a test run leaves (")
    assert complaint in str(caught.value)
    assert str(caught.value).endswith("); remove it and run 'make html'")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "told"), [('"format":3', "3"), ('"format":"5"', "'5'"), ('"forma":5', "None")]
)
def test_evidence_of_another_form_is_refused(tmp_path: Path, form: str, told: str) -> None:
    """An older form, and none at all; the cure is to run the tests."""
    path = files.write(tmp_path, Evidence(HERE, {"test_a": RUN}))
    text = path.read_text().replace('"format":5', form)
    files.write_sealed(path, msgspec.Raw(unsealed(text).encode()))
    with pytest.raises(EvidenceError, match=f"^has format {told}, not 5; remove it and run 'make "):
        files.read(path)


def unsealed(text: str) -> str:
    """Return the text of an evidence file without its first key, the digest."""
    return "{" + text.partition(", ")[2]


def test_environments_have_words_for_pages_and_for_messages() -> None:
    """Pages leave out the last part of Python's version."""
    assert str(HERE) == "Ray 2.60.0, Python 3.13"
    assert HERE.in_full == "Ray 2.60.0, Python 3.13.0, linux-x86_64"
