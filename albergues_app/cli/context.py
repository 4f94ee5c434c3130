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


def with_app(command: F) -> F:
    """Run the command inside the application; what is refused on purpose ends as one sentence and code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from albergues_app import create_app

        app = create_app()
        with app.app_context():
            try:
                return command(*args, **kwargs)
            except AppError as error:
                raise click.ClickException(error.mensaje) from error

    return run  # type: ignore[return-value]
