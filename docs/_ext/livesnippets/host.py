"""Where a test run's Ray jobs come from."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from livesnippets import isolation
from livesnippets.cluster import Cluster
from livesnippets.job import Job

if TYPE_CHECKING:
    from livesnippets.settings import Settings

NAME = "livesnippets-ray"
"""A pytest plugin of this name is used in place of a host of the run's own."""


class Host:
    """The cluster of one test run, started for the first test that needs it."""

    warning = ""
    """What there is to say of the cluster, see `isolation.warning`."""

    def __init__(self, settings: Settings) -> None:
        os.environ.update(isolation.VARIABLES)
        self.settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="snippets-traces-")
        self.traces = Path(self._folder.name)
        self._cluster: Cluster | None = None

    def join(self, trace: Path, *, timed: bool, heard: bool) -> Job:
        """Join the cluster as a new job (see `Job`); raises `ClusterError`."""
        if self._cluster is None:
            self._cluster = Cluster(self.traces)
            self.warning = isolation.warning()
        return Job(self._cluster.address, self.settings, trace, timed=timed, heard=heard)

    def stop(self) -> None:
        """End the cluster, if there is one."""
        if self._cluster is not None:
            self._cluster.stop()
            self._cluster = None

    def close(self) -> None:
        """Remove what the run left in the folder of traces."""
        self._folder.cleanup()
