"""Is the instance fit to serve? Asked at start and by `/salud/listo`."""

from __future__ import annotations

import click
from sqlalchemy import text

from albergues_app.core.db import db


def problems() -> list[str]:
    """Spanish sentences; empty when all is well: database answers and writes, schema is the newest, disk has room."""
    import shutil

    from flask import current_app

    from albergues_app.migrations import (
        run,
    )  # alembic: a tenth of a second that a worker's start does not need

    found = []
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if run.current() != run.head():
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
