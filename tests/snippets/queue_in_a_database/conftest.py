"""The databases of the tests: a SQLite file, or a new database of the run's PostgreSQL server."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from tests.support import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.postgres import Server


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give the server of the run, which all its processes share; where CI is set it must start."""
    base = tmp_path_factory.getbasetemp()
    place = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    try:
        with postgres.shared(place) as server:
            yield server
    except postgres.ServerError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture
def dsn(postgres_server: Server) -> str:
    """Return the address of a new database, which no other test uses."""
    name = f"test_{uuid4().hex}"

    async def create() -> None:
        connection = await asyncpg.connect(postgres_server.dsn())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    return postgres_server.dsn(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of a new SQLite file."""
    return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.fixture(params=["sqlite_url", "dsn"], ids=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the address of each kind of database."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def run_with_database(run_snippet: Callable[..., str], dsn: str) -> Callable[..., str]:
    """Return `run_snippet` for a program that finds its database in the environment."""
    return partial(run_snippet, environment={"DATABASE_URL": dsn})
