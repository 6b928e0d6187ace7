from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from livesnippets.evidence.environment import expected_environment, this_environment
from livesnippets.finding import Kind, Place
from livesnippets.settings import EVIDENCE, Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def test_no_settings_are_needed(tmp_path: Path) -> None:
    """A repository without pyproject.toml has the usual layout."""
    settings = Settings.read(tmp_path)
    assert settings == Settings(tmp_path)
    assert settings.is_snippet("snippets/a/b.py")
    assert not settings.is_snippet("snippets/a/b.txt")
    assert not settings.is_snippet("snippets.py")
    assert not settings.is_snippet("tests/snippets/a.py")


def test_settings_come_from_pyproject(tmp_path: Path) -> None:
    """Each key moves one folder or file."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.livesnippets]\nsnippets = "code"\nevidence = "proof"\nlock = "uv.lock"\nomit = []\n'
    )
    settings = Settings.read(tmp_path)
    assert settings.is_snippet("code/a.py")
    assert settings.evidence_directory == tmp_path / "proof"
    assert (settings.lock, settings.omit) == ("uv.lock", [])


def test_settings_describe_the_cluster(tmp_path: Path) -> None:
    """In the words of ``ray.init``; each has a default."""
    assert Settings.read(tmp_path).cluster == {
        "num_cpus": 16,
        "object_store_memory": 104857600,
        "resources": {},
    }
    (tmp_path / "pyproject.toml").write_text(
        "[tool.livesnippets]\nnum_cpus = 4\nobject_store_memory = 200_000_000\n"
        "resources = { x = 1 }\n"
    )
    assert Settings.read(tmp_path).cluster == {
        "num_cpus": 4,
        "object_store_memory": 200_000_000,
        "resources": {"x": 1.0},
    }


def test_the_preview_runs_programs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its evidence lies elsewhere, and is not published."""
    assert Settings.read(tmp_path).runs == 2
    monkeypatch.setenv(EVIDENCE, "build/preview-evidence")
    assert Settings.read(tmp_path).runs == 1


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ('[tool.livesnippets]\nlock = "a"\nsnipets = "code"\n', 3, "unknown field `snipets`"),
        ('[tool.livesnippets]\nroot = "/"\n', 2, "got `str` - at `$.root`"),
        (
            '[project]\nomit = 1\n\n[ tool . livesnippets ]\nlock = "a"\nomit = "vendored"\n',
            6,
            "Expected `array`, got `str` - at `$.omit`); mend 'omit', or remove it",
        ),
        ('[tool.livesnippets]\nomit = [\n  "a",\n  1,\n]\n', 2, "got `int` - at `$.omit[1]`"),
        ("[tool]\nlivesnippets.lock = 1\n", 2, "got `int` - at `$.lock`"),
        ("[tool]\n\nlivesnippets = { lock = 1 }\n", 3, "got `int` - at `$.lock`"),
        ("[tool]\nlivesnippets = 1\n", 2, "Expected `object`, got `int`"),
        ("tool = 1\n", 1, "Expected `object`, got `int`"),
        ("[tool.livesnippets\n", 1, "is not TOML"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, text: str, line: int, complaint: str) -> None:
    """The error names the file and the line of the key, and is one line."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        Settings.read(tmp_path)
    finding = caught.value.finding
    assert (finding.place, finding.kind) == (Place("pyproject.toml", line), Kind.SETTINGS)
    assert str(caught.value) == str(finding)
    assert complaint in finding.told
    assert "\n" not in finding.told


@pytest.mark.parametrize(
    ("lock", "ray"),
    [
        ("ray==2.59.1\n", "2.59.1"),
        ("ray[default]==2.59.1 \\\n    --hash=sha256:0\n", "2.59.1"),
        ("# ray==1\nxray==1\nray==2.59.1; python_version > '3'\n", "2.59.1"),
        ("click==8\n", this_environment().ray),
        (None, this_environment().ray),
    ],
)
def test_the_lock_says_which_ray_evidence_must_come_from(
    tmp_path: Path, lock: str | None, ray: str
) -> None:
    """Without a pin it is the Ray that is installed."""
    if lock is not None:
        (tmp_path / "requirements.txt").write_text(lock)
    assert expected_environment(Settings(tmp_path).root / Settings(tmp_path).lock).ray == ray
