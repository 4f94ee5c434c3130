"""Alembic environment: one connection given by ``albergues_app.migrations.run``, batch mode for SQLite."""

from __future__ import annotations

from typing import Any

from alembic import context

from albergues_app.core.db import Base, UTCDateTime


def render_item(kind: str, obj: Any, _autogen: Any) -> Any:
    """Write plain types in migrations: they must not import the models."""
    if kind == "type" and isinstance(obj, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def include_object(obj: Any, name: str | None, kind: str, reflected: bool, _compare: Any) -> bool:
    """SQLite reads partial indexes back without their condition: those are compared by a test of their own."""
    return not (kind == "table" and name is not None and name.startswith("sqlite_"))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
    include_object=include_object,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
