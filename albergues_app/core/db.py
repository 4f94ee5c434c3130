"""The database: our own Base, typed column habits, and the SQLite settings without which data would be lost."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, cast
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Engine, MetaData, Table, Uuid, event, insert
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from albergues_app.core.ids import uuid7

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every model."""

    metadata = MetaData(naming_convention=NAMING)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, stored as UTC. A naive one is refused, never guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime given to the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


utc_instant = Annotated[datetime, mapped_column(UTCDateTime)]


class HasId:
    """Primary key made where the record is born."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)


# Errors name the statement, never the values: they reach logs (confiabilidad.md T23).
db = SQLAlchemy(model_class=Base, disable_autonaming=True, engine_options={"hide_parameters": True})

PRAGMAS: dict[str, tuple[str, object]] = {
    # name: (value to set, value that must be read back)
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "busy_timeout": ("10000", 10000),
    "temp_store": ("MEMORY", 2),
    "cache_size": ("-32000", -32000),
    # Checkpoints of 1,000 pages came every 19 check-ins: p95 8.9 ms; with 8,000 it is 5.4 ms and the file some 35 MB.
    "wal_autocheckpoint": ("8000", 8000),
}


class UnsafeDatabase(RuntimeError):
    """SQLite did not take a setting without which acknowledged data could be lost."""


@event.listens_for(Engine, "connect")
def configure_sqlite(connection: Any, _record: Any) -> None:
    """Set the pragmas on every connection and refuse to go on when one did not hold."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, see begin_sqlite
    cursor = connection.cursor()
    for name, (value, expected) in PRAGMAS.items():
        cursor.execute(f"PRAGMA {name}={value}")
        found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise UnsafeDatabase(
                f"SQLite: {name} quedó en {found!r}; se necesita {expected!r}. No se inicia."
            )
    cursor.close()


@event.listens_for(Engine, "handle_error")
def hide_values(context: Any) -> None:
    """PostgreSQL tells the whole failing row in DETAIL: that stays out of what a log can show."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and "\nDETAIL:" in str(error.args[0]):
            error.args = (str(error.args[0]).split("\nDETAIL:", 1)[0], *error.args[1:])


@event.listens_for(Engine, "begin")
def begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once (BEGIN IMMEDIATE); a reader takes a snapshot."""
    if connection.dialect.name == "sqlite":
        from albergues_app.core.unit_of_work import is_writing

        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing() else "BEGIN")


def run(statement: Any, parameters: Any = None) -> CursorResult[*tuple[Any, ...]]:
    """Execute a Core statement in the session's transaction, past the ORM: a third of the cost on the hot paths."""
    return connection().execute(statement, parameters)


_CONNECTION = "conexion"


@event.listens_for(Session, "after_begin")
def keep_connection(session: Session, _transaction: Any, found: Connection) -> None:
    """Keep the connection of the transaction that begins where ``connection`` finds it."""
    session.info[_CONNECTION] = found


@event.listens_for(Session, "after_transaction_end")
def drop_connection(session: Session, transaction: SessionTransaction) -> None:
    """The connection goes with its transaction."""
    if transaction.parent is None:
        session.info.pop(_CONNECTION, None)


def connection() -> Connection:
    """The connection of the session's transaction, begun if need be; asked twenty times in a check-in."""
    session = db.session()
    found: Connection | None = session.info.get(_CONNECTION)
    return session.connection() if found is None else found


def read_statement_by_statement() -> None:
    """For a request that only asks whether something is new: PostgreSQL spares it BEGIN and ROLLBACK, two trips of four.

    Nothing changes in what it reads: under READ COMMITTED each statement sees its own instant anyway. A unit of work
    that it opens all the same begins its own transaction. On SQLite, where reading is one snapshot, nothing happens.
    """
    session = db.session()
    if db.engine.dialect.name != "sqlite" and session.info.get(_CONNECTION) is None:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def table_of(model: type[Base]) -> Table:
    """The table of a model, as Core statements want it."""
    return cast(Table, model.__table__)


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


@contextmanager
def _as_sqlalchemy_says_it(connection: Connection, sql: str) -> Iterator[None]:
    """Errors of the driver as everybody else meets them, without the values."""
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            sql, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


class Question:
    """A Core statement of the hottest path, asked by name of its parameters: on SQLite it goes straight to the driver.

    A SELECT through SQLAlchemy costs four times what SQLite needs for it, and a check-in asks ten. PostgreSQL,
    where the wire costs more than that, is asked the ordinary way. No expanding IN.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._ready: tuple[str, list[tuple[str, Any, Any]], Any, list[Any]] | None = None

    def rows(self, **given: Any) -> Sequence[Any]:
        """The rows, with their columns as attributes."""
        here = connection()
        if here.dialect.name != "sqlite":
            result = here.execute(self._statement, given)
            return result.all() if result.returns_rows else ()
        sql, binds, row, makers = self._ready or self._prepare(here.dialect)
        values = [
            constant if name not in given else given[name] if make is None else make(given[name])
            for name, make, constant in binds
        ]
        with _as_sqlalchemy_says_it(here, sql):
            found = _driver(here).execute(sql, values).fetchall()
        return [
            row(*[value if make is None else make(value) for make, value in zip(makers, one, strict=True)])
            for one in found
        ]

    def _prepare(self, dialect: Dialect) -> tuple[str, list[tuple[str, Any, Any]], Any, list[Any]]:
        compiled = self._statement.compile(dialect=dialect)
        binds = [
            (
                name,
                compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect),
                compiled.params[name],
            )
            for name in compiled.positiontup
        ]
        columns = list(getattr(self._statement, "selected_columns", ()))  # none: an UPDATE
        row = namedtuple("row", [column.key for column in columns])  # type: ignore[misc]
        makers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._ready = (str(compiled), binds, row, makers)
        return self._ready


class Prepared:
    """A write compiled once: its rows go straight to the driver, at a third of what SQLAlchemy asks a statement.

    Only for statements whose every value is a parameter named as the keys of the rows (INSERT, upsert).
    """

    def __init__(self, statement: Any, dialect: Dialect, keys: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(keys))
        if compiled.insert_prefetch or set(compiled.binds) != set(keys):
            raise TypeError(f"every column must be given by the row: {sorted(compiled.binds)}")
        self._sql = str(compiled)
        self._columns = [
            (name, self._maker(compiled.binds[name].type, dialect)) for name in (compiled.positiontup or keys)
        ]
        self._positional = compiled.positional

    @staticmethod
    def _maker(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
        make = kind.dialect_impl(dialect).bind_processor(dialect)
        if make is not None and isinstance(kind, UTCDateTime):
            return lru_cache(maxsize=64)(make)  # the same few instants stand in every row of an operation
        return make

    def execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, each with every key the statement was prepared for."""
        values: Any
        if self._positional:
            values = [
                tuple([row[name] if make is None else make(row[name]) for name, make in self._columns])
                for row in rows
            ]
        else:
            values = [
                {name: row[name] if make is None else make(row[name]) for name, make in self._columns}
                for row in rows
            ]
            connection.exec_driver_sql(self._sql, values)
            return
        with _as_sqlalchemy_says_it(connection, self._sql):
            _driver(connection).executemany(self._sql, values)


_PREPARED: dict[tuple[Any, ...], Prepared] = {}


def prepared(
    key: tuple[Any, ...], dialect: Dialect, build: Callable[[], Any], keys: Sequence[str]
) -> Prepared:
    """The write of that name, compiled the first time a database of this kind asks for it."""
    full = (dialect.name, *key, *keys)
    found = _PREPARED.get(full)
    if found is None:
        found = _PREPARED[full] = Prepared(build(), dialect, keys)
    return found


def insert_rows(model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that carry every column, all with the same keys, in the session's transaction."""
    if rows:
        here = connection()
        write = prepared((model,), here.dialect, lambda: insert(table_of(model)), tuple(rows[0]))
        write.execute(here, rows)
