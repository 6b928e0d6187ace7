"""Repositories to try the package on."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.project import Project, RayProject
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Generator

settings.register_profile("patient", deadline=None)  # whatever else slows the machine
settings.load_profile("patient")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a repository in which nothing has been written yet but its settings."""
    monkeypatch.setenv("COLUMNS", "200")  # or pytest's summary cuts its lines
    return Project(pytester)


@pytest.fixture
def ray_project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Generator[RayProject]:
    """Return a project whose tests start a Ray; fail if any of it is left."""
    monkeypatch.setenv("COLUMNS", "200")
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ls-") as temporary:  # a socket's is short
        monkeypatch.setenv("TMPDIR", temporary)
        project = RayProject(pytester, Path(temporary))
        yield project
        assert project.left_behind(set()) == []


@pytest.fixture(autouse=True)
def _quiet_sphinx() -> Generator[None]:
    """Spare a fifth of the time of a build: that which Sphinx spends on messages nobody reads."""
    logging.disable(logging.DEBUG)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a repository after its first build, which worked."""
    repository = Repository(tmp_path_factory.mktemp("built") / "repository")
    repository.begin()
    build = repository.build()
    assert (build.code, build.findings) == (0, [])
    return repository.root.rename(repository.root.with_name("copy"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository whose one page is proven."""
    repository = Repository(tmp_path)
    repository.begin()
    return repository


@pytest.fixture(params=["fresh", "incremental"])
def proven(request: pytest.FixtureRequest, built: Path) -> Generator[Repository]:
    """Return the same, before its first build and after a successful one."""
    repository = Repository(built.with_name("repository"))  # Sphinx keeps absolute paths
    if request.param == "fresh":
        repository.begin()
    else:
        shutil.copytree(built, repository.root)
        repository.has_been_built = True
    yield repository
    shutil.rmtree(repository.root)
