"""Run the migrations from the program: up, down, where we are, and whether models and database differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from albergues_app.core.db import Base, UTCDateTime, db
from albergues_app.core.unit_of_work import Actor, _actor, writer_lock

HERE = Path(__file__).parent


def _config(connection: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection() -> Iterator[Any]:
    """A writing connection (BEGIN IMMEDIATE on SQLite), foreign keys off while SQLite tables are rebuilt."""
    token = _actor.set(Actor("sistema", "cli"))
    try:
        with writer_lock(), db.engine.connect() as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                if sqlite:  # also after a failure: the connection goes back to the pool
                    connection.connection.cursor().execute("PRAGMA foreign_keys=ON")
    finally:
        _actor.reset(token)


def upgrade(revision: str = "head") -> None:
    """Bring the database to ``revision``."""
    with _connection() as connection:
        command.upgrade(_config(connection), revision)
    _close_to_others()


def _close_to_others() -> None:
    """The SQLite file is its owner's only: it holds names, and the machine may have other people."""
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    for suffix in ("", "-wal", "-shm"):
        path = Path(url.database + suffix)
        if path.exists():
            path.chmod(0o600)


def downgrade(revision: str) -> None:
    """Take the database back to ``revision`` (``base``: to nothing)."""
    with _connection() as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The newest revision this program knows."""
    found = ScriptDirectory(str(HERE)).get_current_head()
    assert found is not None
    return found


def current() -> str | None:
    """The revision the database is at."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def drift() -> list[Any]:
    """What differs between models and database; empty is right."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": _compare_type, "target_metadata": Base.metadata}
        )
        return list(compare_metadata(context, Base.metadata))


def _compare_type(
    _context: Any, _inspected: Any, _meta: Any, inspected_type: Any, metadata_type: Any
) -> bool | None:
    if isinstance(metadata_type, UTCDateTime):
        return False if type(inspected_type).__name__ in {"DATETIME", "TIMESTAMP"} else None
    return None
