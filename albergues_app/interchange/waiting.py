"""Who sees which rows of the tray «por resolver», and where each may go. One rule for list, row and count."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.albergues.models import PorResolver
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Forbidden, NotFound, RuleBroken
from albergues_app.interchange.site_import import place_waiting
from albergues_app.territorio.catalogo import catalogo


def departments_of(identity: Identity) -> frozenset[str]:
    """Departments the account's territory touches."""
    return identity.departamentos | {m[:2] for m in identity.municipios}


def rows_for(identity: Identity) -> Select[Any]:
    """Rows of one's departments; those without department are for the central office and the sedes."""
    stmt = select(PorResolver)
    if identity.nacional:
        return stmt
    where = [PorResolver.departamento_codigo.in_(departments_of(identity))]
    if identity.rol in {Rol.NACIONAL, Rol.SEDE}:
        where.append(PorResolver.departamento_codigo.is_(None))
    return stmt.where(or_(false(), *where))


def waiting_for(identity: Identity) -> Select[Any]:
    """Those that nobody resolved yet."""
    return rows_for(identity).where(PorResolver.resuelta_en.is_(None))


def count_waiting(identity: Identity) -> int:
    """How many wait for this account."""
    stmt = select(func.count()).select_from(
        waiting_for(identity).with_only_columns(PorResolver.id).subquery()
    )
    return int(db.session.scalar(stmt) or 0)


def waiting_row(identity: Identity, row_id: UUID) -> PorResolver:
    """:raises NotFound: absent, or not for this account."""
    row: PorResolver | None = db.session.scalar(rows_for(identity).where(PorResolver.id == row_id))
    if row is None:
        raise NotFound()
    return row


def places_for(identity: Identity, row: PorResolver) -> tuple[list[str], list[str]]:
    """Proposed municipalities, and all others that may be chosen: of one's territory only."""
    candidates = [c for c in json.loads(row.datos)["candidatos"] if identity.covers_municipio(c)]
    depto = row.departamento_codigo
    known = catalogo().municipios
    rest = [
        c
        for c in known
        if (depto is None or c.startswith(depto) or candidates)
        and c not in candidates
        and identity.covers_municipio(c)
    ]
    # Those of the department it says come first.
    return candidates, sorted(rest, key=lambda c: (c[:2] != depto, c))


def place(identity: Identity, row_id: UUID, municipio: str) -> str:
    """Put the row where the person says, inside the caller's unit of work; gives its site's code.

    :raises NotFound: not for this account. :raises Forbidden: a municipality outside the territory.
    :raises RuleBroken: resolved already. :raises Invalid: unknown municipality.
    """
    row = waiting_row(identity, row_id)
    if municipio in catalogo().municipios and not identity.covers_municipio(municipio):
        raise Forbidden("Ese municipio no es de su territorio. Pídalo a su coordinación.")
    return place_waiting(row, municipio)


def discard(identity: Identity, row_id: UUID) -> None:
    """The row is no shelter of ours; it stays, marked. :raises NotFound: :raises RuleBroken: resolved already."""
    row = waiting_row(identity, row_id)
    if row.resuelta_en is not None:
        raise RuleBroken("ya_resuelta", "Esta fila ya se resolvió. Actualice la página.")
    row.resuelta_en = clock.now()
    db.session.flush()
