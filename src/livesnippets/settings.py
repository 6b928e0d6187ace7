"""Where a repository keeps its snippets, its evidence and its lock.

pytest and Sphinx read the same table, ``[tool.livesnippets]`` in
``pyproject.toml``, so that they cannot disagree.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

EVIDENCE = "LIVESNIPPETS_EVIDENCE"
"""The environment variable that names another folder for the evidence; the preview sets it."""


class SettingsError(Exception):
    """``pyproject.toml`` asks for something that there is not."""


@dataclass(frozen=True)
class Settings:
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
    omit: list[str] = field(default_factory=lambda: [".venv", "build"])
    """Folders whose code is not the repository's own: its lines are not recorded."""

    @classmethod
    def read(cls, root: Path) -> Settings:
        """Return the settings of the repository at `root`; raises `SettingsError`."""
        path = root / "pyproject.toml"
        try:
            table = tomllib.loads(path.read_text()).get("tool", {}).get("livesnippets", {})
        except FileNotFoundError:
            table = {}
        except tomllib.TOMLDecodeError as error:
            msg = f"{path}:1: is not TOML ({error}); mend it"
            raise SettingsError(msg) from error
        if elsewhere := os.environ.get(EVIDENCE):
            table["evidence"] = elsewhere
        try:
            return cls(root, **table)
        except TypeError as error:
            msg = f"{path}:1: [tool.livesnippets] has an unknown key ({error}); remove it"
            raise SettingsError(msg) from error

    @property
    def evidence_directory(self) -> Path:
        """The folder of the evidence files."""
        return self.root / self.evidence

    @property
    def foreign(self) -> list[Path]:
        """The folders whose lines are not recorded: this package's own among them."""
        return [*(self.root / path for path in self.omit), Path(__file__).parent]

    def is_snippet(self, path: str) -> bool:
        """Whether `path` is a module that pages may show."""
        return path.startswith(f"{self.snippets}/") and path.endswith(".py")
