"""The two doors as views use them: ``@requires`` for the role (403), ``get_visible_or_404`` for the row (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import g
from sqlalchemy import Select, select

from albergues_app.accounts import permissions
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.db import db
from albergues_app.core.errors import Forbidden, NotFound, Unauthenticated

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M")

PERMISO_DE_VISTA: dict[str, Permiso | None] = {}
"""What each view says of itself, by «module.function»; None is @public. A view that is silent fails a test."""


def view_key(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__qualname__}"


def requires(permiso: Permiso) -> Callable[[F], F]:
    """Only for roles that may do this at all. The row itself is checked by ``get_visible_or_404``."""

    def decorate(view: F) -> F:
        PERMISO_DE_VISTA[view_key(view)] = permiso

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not permissions.role_may(current_cuenta().rol, permiso):
                raise Forbidden()
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def public(view: F) -> F:
    """No account needed. Said aloud, so that silence is a fault."""
    PERMISO_DE_VISTA[view_key(view)] = None
    return view


def current_cuenta() -> Identity:
    """Who is asking. Raises Unauthenticated (401, or the log-in page)."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        raise Unauthenticated()
    return identity


def get_visible_or_404(model: type[M], row_id: UUID | str, permiso: Permiso) -> M:
    """Load a row through its door.

    :raises NotFound: absent, or not for this account: nobody learns which.
    """
    row = db.session.get(model, row_id)
    refuse_invisible(row, permiso)
    assert row is not None
    return row


def refuse_invisible(row: Any, permiso: Permiso) -> None:
    """The door for a row already read (with its codes of municipality and shelter), or None.

    :raises NotFound: absent, or not for this account.
    """
    if row is None or not permissions.permits(current_cuenta(), permiso, row):
        raise NotFound()


def visible(stmt: Select[Any], permiso: Permiso, model: Any) -> Select[Any]:
    """The rows of a list that are for this account."""
    return permissions.visible(stmt, current_cuenta(), permiso, model)


def visible_select(model: Any, permiso: Permiso) -> Select[Any]:
    """``select(model)`` through the door."""
    return visible(select(model), permiso, model)
