"""Sphinx's warnings and errors, as findings."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import SphinxError
from sphinx.util.logging import NAMESPACE, OnceFilter, SafeEncodingWriter, WarningStreamHandler

from livesnippets.evidence.output import as_shown
from livesnippets.finding import Finding, Kind, Place
from livesnippets.settings import SettingsError

if TYPE_CHECKING:
    from livesnippets.preview.folders import Folders

AUDIT = f"{NAMESPACE}.livesnippets.page.build"
"""The logger of the audit, whose findings come whole, too."""


class Warnings(WarningStreamHandler):
    """Keeps Sphinx's warnings as findings, in the place of the handler that writes them.

    Sphinx knows that by its type, and holds back what it is not to see yet.
    """

    def __init__(self, folders: Folders) -> None:
        super().__init__(SafeEncodingWriter(sys.stderr))
        self.setLevel(logging.WARNING)
        self.folders = folders
        self.findings: list[Finding] = []
        logger = logging.getLogger(NAMESPACE)
        for writer in logger.handlers[:]:
            if isinstance(writer, WarningStreamHandler):
                # What is said once only, is to be said in each build.
                self.filters = [one for one in writer.filters if not isinstance(one, OnceFilter)]
                logger.removeHandler(writer)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning with its place, which is that of ``conf.py`` if it has none."""
        if record.name == AUDIT:
            return
        location = getattr(record, "location", None) or str(self.folders.conf / "conf.py")
        path, _, line = location.rpartition(":")
        if line and not line.isdigit():
            path, line = location, ""
        place = Place(self.folders.name(Path(path)), int(line or 1))
        said = logging.LogRecord.getMessage(record)  # Sphinx's own has the place in it
        self.findings.append(Finding(place, Kind.SPHINX, _in_one_line(said)))


def failure(error: Exception, folders: Folders) -> Finding:
    """Return why a build could not finish; Sphinx's own errors are mostly of ``conf.py``."""
    traceback.print_exception(error)
    if isinstance(error.__cause__, SettingsError):
        return error.__cause__.finding
    log = folders.name(folders.log)
    cure = f"{log} has the traceback"
    if isinstance(error, SphinxError):
        place = Place(folders.name(folders.conf / "conf.py"))
        return Finding(place, Kind.SPHINX, _in_one_line(str(error)), cure)
    message = _in_one_line(f"{type(error).__name__}: {error}")
    return Finding(Place(log), Kind.SPHINX, message, cure)


def _in_one_line(text: str) -> str:
    return " ".join(as_shown(text).split())
