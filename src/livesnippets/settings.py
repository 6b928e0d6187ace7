"""Where a repository keeps its snippets, its evidence and its lock.

pytest and Sphinx read the same table, ``[tool.livesnippets]`` in
``pyproject.toml``, so that they cannot disagree.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from livesnippets.finding import Finding, Kind, Place

EVIDENCE = "LIVESNIPPETS_EVIDENCE"
"""The environment variable that names another folder for the evidence; the preview sets it."""


FILE = "pyproject.toml"


class SettingsError(Exception):
    """``pyproject.toml`` asks for something that there is not; its finding says where."""

    def __init__(self, line: int, message: str, cure: str) -> None:
        self.finding = Finding(Place(FILE, line), Kind.SETTINGS, message, cure)
        super().__init__(str(self.finding))


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One repository's layout; the paths are relative to `root`, with forward slashes."""

    root: Path
    snippets: str = "snippets"
    """The folder whose modules the pages show."""
    tests: str = "tests/snippets"
    """The folder whose tests run them."""
    evidence: str = "build/evidence"
    """The folder that a test run writes and a build reads."""
    lock: str = "requirements.txt"
    """The lock file: when it changes, all evidence is stale."""
    omit: list[str] = msgspec.field(default_factory=lambda: [".venv", "build"])
    """Folders whose code is not the repository's own: its lines are not recorded."""
    runs: int = 2
    """How often a program has run whose output is published; the preview, once, publishes none."""
    num_cpus: int = 16
    """What Ray's cluster has, whatever the machine has: tests mostly wait."""
    object_store_memory: int = 100 * 1024**2
    """The same, in bytes."""
    resources: dict[str, float] = msgspec.field(default_factory=dict)
    """The same, of other resources than CPUs, by their names."""

    @classmethod
    def read(cls, root: Path) -> Settings:
        """Return the settings of the repository at `root`; raises `SettingsError`."""
        path = root / FILE
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        key = "livesnippets"
        try:
            table = msgspec.toml.decode(text, type=_File).tool.livesnippets
            for key, value in table.items():  # one by one, to know which is wrong
                msgspec.convert({"root": root, key: value}, cls)
        except msgspec.ValidationError as error:
            wrong = f"[tool.livesnippets] is wrong ({error})"
            raise SettingsError(
                _line_of(key, text), wrong, f"mend {key!r}, or remove it"
            ) from error
        except msgspec.DecodeError as error:
            raise SettingsError(1, f"is not TOML ({error})", "mend it") from error
        if elsewhere := os.environ.get(EVIDENCE):
            table |= {"evidence": elsewhere, "runs": 1}
        return cls(root, **table)

    @property
    def evidence_directory(self) -> Path:
        """The folder of the evidence files."""
        return self.root / self.evidence

    @property
    def cluster(self) -> dict[str, Any]:
        """The arguments of ``ray.init`` that describe the cluster."""
        return {
            "num_cpus": self.num_cpus,
            "object_store_memory": self.object_store_memory,
            "resources": self.resources,
        }

    @property
    def foreign(self) -> list[Path]:
        """The folders whose lines are not recorded: this package's own among them."""
        return [*(self.root / path for path in self.omit), Path(__file__).parent]

    def is_snippet(self, path: str) -> bool:
        """Whether `path` is a module that pages may show."""
        return path.startswith(f"{self.snippets}/") and path.endswith(".py")

    @property
    def modules(self) -> list[str]:
        """The paths of all snippet modules, helpers included."""
        files = (self.root / self.snippets).rglob("*.py")
        return sorted(file.relative_to(self.root).as_posix() for file in files)

    def is_helper(self, path: str) -> bool:
        """Whether no page needs to show the module: its name, or a folder's, begins with ``_``."""
        parts = path.removeprefix(f"{self.snippets}/").split("/")
        return any(part.startswith("_") for part in parts)

    def test_of(self, snippet: str) -> str:
        """Return the file that mirrors a snippet module, where its tests are looked for."""
        folder, _, name = snippet.removeprefix(f"{self.snippets}/").rpartition("/")
        return "/".join(filter(None, (self.tests, folder, f"test_{name}")))


class _Tool(msgspec.Struct, frozen=True):
    livesnippets: dict[str, Any] = msgspec.field(default_factory=dict)


class _File(msgspec.Struct, frozen=True):
    """The part of ``pyproject.toml`` that counts here."""

    tool: _Tool = _Tool()


def _line_of(key: str, text: str) -> int:
    """Return the line that sets a key of the table, or else the one that begins the table."""
    lines = text.split("\n")
    table = re.compile(r"\s*(\[\s*tool\s*\.\s*livesnippets\b|(tool\s*\.\s*)?livesnippets\b)")
    begin = next((n for n, line in enumerate(lines) if table.match(line)), 0)
    sets = re.compile(rf"""(^|.*[.{{,\s])["']?{re.escape(key)}["']?\s*=""")
    return next((n for n in range(begin, len(lines)) if sets.match(lines[n])), begin) + 1
