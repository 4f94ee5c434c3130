"""Who should be here, what is still asked about who was not, and the roll-calls of an activation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, exists, func, or_, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.derive import VIGENTE
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.pases.models import PaseLista, PreguntaAusencia

LONG_OUTSIDE = timedelta(hours=24)
"""Outside this long without a roll-call is asked too (editable practice, not a rule)."""

_Q, _E, _T = PreguntaAusencia.__table__, Estancia.__table__, Tramo.__table__


@dataclass(frozen=True)
class Esperada:
    """A person the register has here; ``salio_en``: went out for a while and has not come back."""

    persona_id: UUID
    familia_id: UUID
    salio_en: datetime | None


def expected(activacion_id: UUID) -> list[Esperada]:
    """Who should be here, with since when each is outside."""
    since = (
        select(_T.c.persona_id, func.max(_T.c.desde).label("desde"))
        .where(
            VIGENTE, _T.c.activacion_id == activacion_id, _T.c.clase == "fuera", _T.c.hasta == clock.FOREVER
        )
        .group_by(_T.c.persona_id)
        .subquery()
    )
    rows = db.session.execute(
        select(_E.c.persona_id, _E.c.familia_id, _E.c.fuera, _E.c.ingreso_en, since.c.desde)
        .join_from(_E, since, since.c.persona_id == _E.c.persona_id, isouter=True)
        .where(_E.c.activacion_id == activacion_id, _E.c.egreso_en.is_(None))
        .order_by(_E.c.ingreso_en, _E.c.id)
    )
    return [
        Esperada(r.persona_id, r.familia_id, (r.desde or r.ingreso_en) if r.fuera else None) for r in rows
    ]


_STILL = and_(
    _E.c.persona_id == _Q.c.persona_id,
    _E.c.activacion_id == _Q.c.activacion_id,
    _E.c.egreso_en.is_(None),
    _E.c.fuera == (_Q.c.clase == "fuera"),
)
"""The register says of the person what it said at the roll-call: a movement since then is an answer."""


@dataclass(frozen=True)
class Pregunta:
    """A question nobody answered."""

    id: UUID
    activacion_id: UUID
    persona_id: UUID
    familia_id: UUID
    clase: str
    desde: datetime
    pase_en: datetime


def open_questions(activaciones: Sequence[UUID]) -> list[Pregunta]:
    """What is still asked in these activations, the oldest first."""
    p = PaseLista.__table__
    rows = db.session.execute(
        select(
            _Q.c.id,
            _Q.c.activacion_id,
            _Q.c.persona_id,
            _Q.c.familia_id,
            _Q.c.clase,
            _Q.c.desde,
            p.c.ocurrido_en,
        )
        .join_from(_Q, p, p.c.id == _Q.c.pase_id)
        .join(_E, _STILL)
        .where(_Q.c.activacion_id.in_(list(activaciones)), _Q.c.respuesta.is_(None))
        .order_by(_Q.c.desde, _Q.c.id)
    )
    return [Pregunta(*row) for row in rows]


@dataclass(frozen=True)
class PorAclarar:
    """What «Hoy» says of one shelter."""

    activacion_id: UUID
    nombre: str
    fuera: int
    ausentes: int
    desde: datetime


def questions_by_shelter(identity: Identity) -> list[PorAclarar]:
    """Questions that wait for this account, by shelter, the oldest first: one statement over what is open."""
    outside = case((_Q.c.clase == "fuera", 1), else_=0)
    stmt: Any = (
        select(
            PreguntaAusencia.activacion_id,
            Albergue.nombre,
            func.sum(outside),
            func.count(),
            func.min(PreguntaAusencia.desde),
        )
        .join(_E, _STILL)
        .join(Activacion, Activacion.id == PreguntaAusencia.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(text("pregunta_ausencia.respuesta IS NULL"))
        .group_by(PreguntaAusencia.activacion_id, Albergue.nombre)
        .order_by(func.min(PreguntaAusencia.desde))
    )
    rows = db.session.execute(visible(stmt, identity, Permiso.MOVIMIENTO_REGISTRAR, Activacion))
    return [PorAclarar(r[0], r[1], int(r[2]), int(r[3] - r[2]), r[4]) for r in rows]


def asked_lately(now: datetime) -> Any:
    """A person of ``Tramo`` of whom a roll-call asks already, or somebody answered since a day."""
    return exists().where(
        _Q.c.persona_id == _T.c.persona_id,
        or_(_Q.c.respuesta.is_(None), _Q.c.respondida_en > now - LONG_OUTSIDE),
    )


def last_pases(activacion_id: UUID, limit: int = 10) -> list[tuple[PaseLista, str | None]]:
    """The newest roll-calls, with the name of who took each."""
    stmt = (
        select(PaseLista, Cuenta.nombre)
        .outerjoin(Cuenta, Cuenta.id == PaseLista.cuenta_id)
        .where(PaseLista.activacion_id == activacion_id)
        .order_by(PaseLista.ocurrido_en.desc(), PaseLista.registrado_en.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt)]
