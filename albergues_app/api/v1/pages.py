"""Lists: newest id last, cut by `limite`, continued by `despues` (contrato-api.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response
from sqlalchemy import select

from albergues_app.accounts.doors import visible_select
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1.blueprint import answer, read_query
from albergues_app.api.v1.shapes import Pagina
from albergues_app.core.db import db


def list_rows(
    model: Any,
    permiso: Permiso,
    body: Callable[[Any], dict[str, Any]],
    *conditions: Any,
    scoped: bool = True,
    load: Sequence[Any] = (),
    gather: Callable[[list[Any]], Callable[[Any], dict[str, Any]]] | None = None,
) -> Response:
    """One page of the visible rows of a model.

    What a row's body reads beside the row is read once for the page: ``load`` gives options of the query, ``gather``
    takes the rows and returns the function that makes their bodies.
    """
    page = read_query(Pagina)
    return answer(page_of(page, model, permiso, body, *conditions, scoped=scoped, load=load, gather=gather))


def page_of(
    page: Pagina,
    model: Any,
    permiso: Permiso,
    body: Callable[[Any], dict[str, Any]],
    *conditions: Any,
    scoped: bool = True,
    load: Sequence[Any] = (),
    gather: Callable[[list[Any]], Callable[[Any], dict[str, Any]]] | None = None,
) -> dict[str, Any]:
    """The body of ``list_rows``."""
    stmt = (visible_select(model, permiso) if scoped else select(model)).where(*conditions).options(*load)
    after = page.despues
    if after is not None:
        stmt = stmt.where(model.id > after)
    rows = list(db.session.scalars(stmt.order_by(model.id).limit(page.limite + 1)))
    more = len(rows) > page.limite
    rows = rows[: page.limite]
    if gather is not None:
        body = gather(rows)
    return {"filas": [body(r) for r in rows], "siguiente": str(rows[-1].id) if more else None}
