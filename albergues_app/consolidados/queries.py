"""Reads of the frozen versions: the last of a cut-off, its state, its history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.consolidados.models import (
    Consolidado,
    ConsolidadoTransicion,
    EstadoConsolidado,
    TotalDado,
)
from albergues_app.core.db import db


def last_version(emergencia_id: UUID, ambito: str, corte: datetime) -> Consolidado | None:
    """The version in force of a cut-off, or None while it is preliminary."""
    stmt = (
        select(Consolidado)
        .where(
            Consolidado.emergencia_id == emergencia_id,
            Consolidado.ambito == ambito,
            Consolidado.corte == corte,
        )
        .order_by(Consolidado.version.desc())
        .limit(1)
    )
    return db.session.scalar(stmt)


def versions_of(row: Consolidado) -> list[Consolidado]:
    """Every version of its cut-off, the newest first."""
    stmt = select(Consolidado).where(
        Consolidado.emergencia_id == row.emergencia_id,
        Consolidado.ambito == row.ambito,
        Consolidado.corte == row.corte,
    )
    return list(db.session.scalars(stmt.order_by(Consolidado.version.desc())))


def state_of(consolidado_id: UUID) -> EstadoConsolidado:
    """Where its last move left it."""
    return states_of([consolidado_id])[consolidado_id]


def states_of(ids: Iterable[UUID]) -> dict[UUID, EstadoConsolidado]:
    """The state of each; ``preliminar`` before any move."""
    order = list(EstadoConsolidado)
    found = dict.fromkeys(ids, EstadoConsolidado.PRELIMINAR)
    t = ConsolidadoTransicion
    for key, state in db.session.execute(
        select(t.consolidado_id, t.a).where(t.consolidado_id.in_(list(found)))
    ):
        found[key] = max(found[key], EstadoConsolidado(state), key=order.index)
    return found


@dataclass(frozen=True)
class Paso:
    """One move as the page tells it."""

    a: str
    cuando: datetime
    quien: str
    destinatario: str | None
    motivo: str | None


def moves_of(row: Consolidado) -> list[Paso]:
    """What happened to a version, in order."""
    t, c = ConsolidadoTransicion, Cuenta
    stmt = (
        select(t, c.nombre)
        .outerjoin(c, c.id == t.cuenta_id)
        .where(t.consolidado_id == row.id)
        .order_by(t.registrado_en, t.id)
    )
    return [
        Paso(m.a, m.registrado_en, nombre or "sistema", m.destinatario, m.motivo)
        for m, nombre in db.session.execute(stmt)
    ]


def versions_at(
    cuenta: Identity, emergencia_id: UUID, cortes: list[datetime]
) -> dict[tuple[str, datetime], Consolidado]:
    """The version in force of each place and cut-off that this account may see."""
    stmt = visible(
        select(Consolidado).where(Consolidado.emergencia_id == emergencia_id, Consolidado.corte.in_(cortes)),
        cuenta,
        Permiso.CONSOLIDADO_VER,
        Consolidado,
    ).order_by(Consolidado.version)
    return {(r.ambito, r.corte): r for r in db.session.scalars(stmt)}


def given_rows(ids: Iterable[str]) -> dict[str, Any]:
    """Given totals by id, with who noted them."""
    keys = [UUID(i) for i in ids]
    t, c = TotalDado, Cuenta
    stmt = select(t, c.nombre).outerjoin(c, c.id == t.cuenta_id).where(t.id.in_(keys))
    return {str(row.id): (row, nombre or "sistema") for row, nombre in db.session.execute(stmt)}
