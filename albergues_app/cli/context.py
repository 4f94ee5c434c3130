"""What every command needs: the application, an actor, and errors as one Spanish sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from albergues_app.core.errors import AppError
from albergues_app.core.unit_of_work import Actor

F = TypeVar("F", bound=Callable[..., Any])
SISTEMA = Actor("sistema", "cli")
NOT_READY = "La base no está preparada. Corra: albergues base actualizar."
_UNDEFINED = {"42P01", "42703"}
"""PostgreSQL: undefined table, undefined column."""


def with_app(command: F) -> F:
    """Run the command inside the application; what is refused on purpose ends as one sentence and code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        from albergues_app import create_app
        from albergues_app.core.db import db

        app = create_app()
        with app.app_context():
            try:
                return command(*args, **kwargs)
            except AppError as error:
                raise click.ClickException(error.mensaje) from error
            except (OperationalError, ProgrammingError) as error:
                if not _lacks_tables(error):
                    raise
                raise click.ClickException(NOT_READY) from error
            finally:
                db.session.remove()
                db.engine.dispose()

    return run  # type: ignore[return-value]


def _lacks_tables(error: Any) -> bool:
    """Is it a table or a column of a newer version that is missing?"""
    if getattr(error.orig, "sqlstate", None) in _UNDEFINED:
        return True
    return any(words in str(error.orig) for words in ("no such table", "no such column"))
