"""Choose the job store by the address of its database."""

import contextlib
import os
import tempfile

from snippets.queue_in_a_database.postgres_store import (
    PostgresJobStore,
)
from snippets.queue_in_a_database.sqlite_store import SqliteJobStore


@contextlib.contextmanager
def database_url():
    """Give DATABASE_URL, or else a SQLite file for a while."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"sqlite:///{folder}/jobs.db"
        yield os.environ.get("DATABASE_URL", file)


def job_store(url, owner, **options):
    sqlite = url.startswith("sqlite:")
    kind = SqliteJobStore if sqlite else PostgresJobStore
    return kind(url, owner, **options)
