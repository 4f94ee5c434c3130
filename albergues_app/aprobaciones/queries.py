"""Which requests wait for an account, and those it asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, false, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import role_may, visible
from albergues_app.aprobaciones.models import Aprobacion, AprobacionRespuesta
from albergues_app.aprobaciones.services import clases
from albergues_app.core.db import db

MOST = 100
"""Requests on one page; the older ones have expired."""


def _answerable(stmt: Select[Any], identity: Identity, now: datetime) -> Select[Any]:
    """Of a select on ``Aprobacion``, what waits for this account: its kinds, its territory, asked by others."""
    a, r = Aprobacion, AprobacionRespuesta
    kinds = []
    for clase in clases():
        if role_may(identity.rol, clase.permiso):
            mine = visible(select(a.id), identity, clase.permiso, a)
            kinds.append(and_(a.clase == clase.codigo, a.id.in_(mine)))
    return stmt.where(
        or_(false(), *kinds),
        a.cuenta_id != identity.id,
        a.caduca_en > now,
        ~select(r.id).where(r.aprobacion_id == a.id).exists(),
    )


def waiting_for(identity: Identity, now: datetime) -> list[Aprobacion]:
    """What waits for this account, the first to expire first."""
    stmt = _answerable(select(Aprobacion), identity, now).order_by(Aprobacion.caduca_en, Aprobacion.id)
    return list(db.session.scalars(stmt.limit(MOST)))


@dataclass(frozen=True)
class PorAprobar:
    """How many wait for an account, and the first to expire."""

    cuantas: int
    primera_caduca: datetime | None
    titulo: str | None


def summary_for(identity: Identity, now: datetime) -> PorAprobar:
    """The line of «Hoy»."""
    found = waiting_for(identity, now)
    return PorAprobar(len(found), found[0].caduca_en if found else None, found[0].titulo if found else None)


def asked_by(identity: Identity) -> list[tuple[Aprobacion, AprobacionRespuesta | None]]:
    """What this account asked lately, the newest first, with the answer if any."""
    a, r = Aprobacion, AprobacionRespuesta
    stmt = (
        select(a, r)
        .outerjoin(r, r.aprobacion_id == a.id)
        .where(a.cuenta_id == identity.id)
        .order_by(a.pedida_en.desc(), a.id.desc())
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt.limit(30))]


def answer_of(row: Aprobacion) -> AprobacionRespuesta | None:
    """The answer of a request, if any."""
    return db.session.scalar(select(AprobacionRespuesta).where(AprobacionRespuesta.aprobacion_id == row.id))
