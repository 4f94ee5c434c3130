"""How long people have been in their shelter, and how long those who left had been: by the stages of dominio.md 2.1.

A stay is of one shelter: a traslado ends one and begins another. As the register holds it now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.models_derivadas import Estancia

_E = table_of(Estancia)
EMERGENCIA, TEMPORAL = timedelta(hours=72), timedelta(days=30)


@dataclass(frozen=True)
class Duraciones:
    """Persons by how long their stay had lasted: up to 72 hours, up to 30 days, more. ``mas_larga`` is None of nobody."""

    hasta_72_h: int
    hasta_30_d: int
    mas: int
    mas_larga: timedelta | None

    @property
    def total(self) -> int:
        return self.hasta_72_h + self.hasta_30_d + self.mas


def lengths_inside(identity: Identity, at: datetime, departamento: str = "") -> Duraciones:
    """Of who was inside at an hour, salida temporal included."""
    there = (_E.c.ingreso_en <= at, or_(_E.c.egreso_en.is_(None), _E.c.egreso_en > at))
    since = [
        func.sum(case((_E.c.ingreso_en >= at - EMERGENCIA, 1), else_=0)),
        func.sum(
            case((and_(_E.c.ingreso_en < at - EMERGENCIA, _E.c.ingreso_en >= at - TEMPORAL), 1), else_=0)
        ),
        func.sum(case((_E.c.ingreso_en < at - TEMPORAL, 1), else_=0)),
    ]
    row = _one(identity, select(*since, func.min(_E.c.ingreso_en)).where(*there), departamento)
    short, middle, long, first = row
    return Duraciones(int(short or 0), int(middle or 0), int(long or 0), at - first if first else None)


def lengths_of_who_left(
    identity: Identity, since: datetime, until: datetime, departamento: str = ""
) -> Duraciones:
    """Of the stays that ended after ``since`` up to ``until``, however they ended."""
    ended = (_E.c.egreso_en > since, _E.c.egreso_en <= until)
    stmt = select(_E.c.ingreso_en, _E.c.egreso_en).where(*ended)
    lasted = [left - came for came, left in db.session.execute(_own(identity, stmt, departamento))]
    return Duraciones(
        sum(d <= EMERGENCIA for d in lasted),
        sum(EMERGENCIA < d <= TEMPORAL for d in lasted),
        sum(d > TEMPORAL for d in lasted),
        max(lasted, default=None),
    )


def _own(identity: Identity, stmt: Any, departamento: str) -> Any:
    if departamento:
        stmt = stmt.where(func.substr(_E.c.municipio_codigo, 1, 2) == departamento)
    return visible(stmt, identity, Permiso.OCUPACION_VER, Estancia)


def _one(identity: Identity, stmt: Any, departamento: str) -> Any:
    return db.session.execute(_own(identity, stmt, departamento)).one()
