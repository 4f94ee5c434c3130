"""Is the instance fit to serve? Asked at start and by `/salud/listo`.

Without alembic: it would stay in the memory of every worker (13 MB) for the comparison of two numbers.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import click
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from albergues_app.core.db import db


@cache
def newest() -> str:
    """The newest revision this program knows, by the name of its file."""
    return max(path.name.split("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))


def stored(connection: Connection) -> str | None:
    """The revision the database is at, or None where nothing was ever set up."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def problems() -> list[str]:
    """Spanish sentences; empty when all is well: database answers and writes, schema is the newest, disk has room."""
    import shutil

    from flask import current_app

    found = []
    try:
        with db.engine.connect() as connection:
            if stored(connection) != newest():
                found.append("La base no está en la última versión. Corra: albergues base actualizar.")
    except Exception as error:
        found.append(f"La base de datos no responde ({type(error).__name__}).")
    if shutil.disk_usage(current_app.config["INSTANCIA"]).free < 100 * 1024 * 1024:
        found.append("Queda menos de 100 MB de disco.")
    return found


def refuse_if_not_ready() -> None:
    """Stop a start that could not work. :raises ClickException: with the first reason."""
    found = problems()
    if found:
        raise click.ClickException(found[0])
