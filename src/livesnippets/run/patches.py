"""Find what tests have patched: a reader runs a program without."""

from __future__ import annotations

import functools
import os
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from livesnippets.settings import Settings

type Names = dict[str, object]

CONSTANTS = bool, int, float, str, bytes, tuple, frozenset, type(None)
TOOLS = "_pytest", "livesnippets", "ray"
"""What they replace of Python's own is no test's doing; a function of Ray's core has no module."""
OF_RUN = "PYTEST_", "LIVESNIPPETS_", "COV_"
"""Variables of the environment that begin so are the run's, not a reader's."""
OF_RAY = {"PYTHONBREAKPOINT", "RAY_CLIENT_MODE"}
"""Those that Ray sets for itself, when it is imported or begins."""
MOST = 3
"""So many patched names are told, for one message."""


class Bindings:
    """What each public name of a module stood for when it was first seen, and each variable.

    Functions and classes count; in modules of the repository constants too, and what its classes
    have. To keep other values would keep Ray's objects.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._first: dict[str, tuple[object, Names]] = {}
        self.variables = dict(os.environ)
        """The environment that the run began with."""
        self.note()

    def note(self) -> None:
        """Take in the modules that were imported since."""
        for name, module in [*sys.modules.items()]:
            if name not in self._first and not _is_private(name):
                self._first[name] = module, self._names(name, module)

    def patched(self) -> list[str]:
        """Return the names that stand for something else now: ``time.sleep``, for one."""
        found = [f"${name}" for name in self._variables_changed()]
        for name, (module, first) in self._first.items():
            now = sys.modules.get(name, module)  # one that was removed is imported anew
            if now is not module:
                found.append(name)
                continue
            names = self._names(name, module)
            found += [
                f"{name}.{each}"
                for each in first
                if (value := names.get(each)) is not first[each] and not _is_of_tool(value)
            ]
        return sorted(found)

    def _variables_changed(self) -> Iterator[str]:
        now = dict(os.environ)
        for name in {*now, *self.variables} - OF_RAY:
            if now.get(name) != self.variables.get(name) and not name.startswith(OF_RUN):
                yield name

    def _names(self, name: str, module: object) -> Names:
        if self._is_ours(module):
            return dict(_names(name, module, (*CONSTANTS, property, classmethod)))
        return dict(_names("", module, ()))

    def _is_ours(self, module: object) -> bool:
        path = getattr(module, "__file__", None) or ""
        foreign = any(path.startswith(f"{folder}/") for folder in self.settings.foreign)
        return path.startswith(f"{self.settings.root}/") and not foreign


def listed(names: list[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"{', '.join(names[:MOST])}{more}"


def _names(module: str, owner: object, also: tuple[type, ...]) -> Iterator[tuple[str, object]]:
    """Yield the names of a module or class that count, and those of the classes of `module`."""
    for name, value in [*getattr(owner, "__dict__", {}).items()]:
        if _is_private(name) or not (callable(value) or isinstance(value, also)):
            continue
        yield name, value
        if isinstance(owner, ModuleType) and getattr(value, "__module__", None) == module:
            yield from ((f"{name}.{each}", its) for each, its in _names(module, value, also))


def _is_of_tool(value: object) -> bool:
    """Whether no test has put it there, but what runs the tests, or Ray for itself."""
    function = value.func if isinstance(value, functools.partial) else value
    module = getattr(function, "__module__", "")
    if module is None:
        return isinstance(function, FunctionType)
    return str(module).partition(".")[0] in TOOLS


def _is_private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))
