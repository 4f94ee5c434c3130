"""Three measures that are never one: persons present, persons attended since the start, and nights served.

*Presentes*: inside at an instant, salida temporal included. *Atendidas*: distinct persons that were ever inside up to
it, each once wherever she was. *Noches*: for every local midnight up to it, who was inside and not out for a while:
one person in one night is one. All three are as we hold them now.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.models_derivadas import CorteDia, CorteDiario, Estancia, Tramo

_T, _E = table_of(Tramo), table_of(Estancia)
ONE_BY_ONE = 500
"""Activations asked for by name; more of them are read together and picked out."""


@dataclass(frozen=True)
class Medidas:
    """Of some activations at ``corte``. ``noches`` counts up to the last local midnight."""

    corte: datetime
    presentes: int
    atendidas: int
    noches: int


def medidas(activaciones: Collection[UUID], at: datetime | None = None) -> Medidas:
    """The three measures of these activations together, at ``at`` or now."""
    corte = at or clock.now()
    if not activaciones:
        return Medidas(corte, 0, 0, 0)
    mine = _among(activaciones)
    inside = select(func.count()).where(
        text("vigente"), _T.c.hasta > corte, _T.c.desde <= corte, _T.c.clase == "dentro", mine
    )
    ever = select(func.count(func.distinct(_E.c.persona_id))).where(
        _E.c.ingreso_en <= corte, _E.c.activacion_id.in_(list(activaciones))
    )
    return Medidas(
        corte,
        int(db.session.scalar(inside) or 0),
        int(db.session.scalar(ever) or 0),
        nights(activaciones, corte),
    )


def activations_since_the_start(
    identity: Identity, emergencia_id: UUID | None = None, departamento: str = ""
) -> list[UUID]:
    """Every activation of the account's territory that ever opened, closed ones too."""
    a = table_of(Activacion)
    stmt = select(a.c.id).where(a.c.abierta_en.is_not(None))
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    if departamento:
        stmt = stmt.where(func.substr(a.c.municipio_codigo, 1, 2) == departamento)
    return list(db.session.scalars(visible(stmt, identity, Permiso.OCUPACION_VER, Activacion)))


def nights(activaciones: Collection[UUID], at: datetime) -> int:
    """Person-nights up to ``at``: stored cuts where they are good, the intervals for the other days."""
    mine = _among(activaciones)
    first = db.session.scalar(
        select(func.min(_T.c.desde)).where(text("vigente"), _T.c.clase == "dentro", mine)
    )
    if first is None:
        return 0
    day, last, days = clock.local_day(first), clock.local_day(at), list[date]()
    while day < last:
        days.append(day)
        day += timedelta(days=1)
    good = _good_cuts(days)
    return _from_cuts(activaciones, good) + _from_intervals(mine, [d for d in days if d not in good])


def _good_cuts(days: list[date]) -> set[date]:
    if not days:
        return set()
    d = table_of(CorteDia)
    stmt = select(d.c.dia).where(d.c.dia >= days[0], d.c.dia <= days[-1], d.c.vencido.is_(False))
    return set(db.session.scalars(stmt))


def _from_cuts(activaciones: Collection[UUID], good: set[date]) -> int:
    if not good:
        return 0
    c, wanted = table_of(CorteDiario), set(activaciones)
    stmt = select(c.c.activacion_id, c.c.dia, func.sum(c.c.personas - c.c.fuera)).where(
        c.c.dia >= min(good), c.c.dia <= max(good)
    )
    if len(wanted) <= ONE_BY_ONE:
        stmt = stmt.where(c.c.activacion_id.in_(wanted))
    rows = db.session.execute(stmt.group_by(c.c.activacion_id, c.c.dia))
    return sum(int(n) for activacion, dia, n in rows if activacion in wanted and dia in good)


def _from_intervals(mine: ColumnElement[bool], days: list[date]) -> int:
    """As ``daily.count_day`` counts: a fact of 00:00:00 belongs to the day that begins then."""
    if not days:
        return 0
    ends = [clock.day_end(day) for day in days]
    stmt = select(_T.c.clase, _T.c.desde, _T.c.hasta).where(
        text("vigente"), _T.c.hasta >= ends[0], _T.c.desde < ends[-1], _T.c.clase != "transito", mine
    )
    return sum(
        (1 if clase == "dentro" else -1) * (bisect_right(ends, hasta) - bisect_right(ends, desde))
        for clase, desde, hasta in db.session.execute(stmt)
    )


def _among(activaciones: Collection[UUID]) -> ColumnElement[bool]:
    return _T.c.activacion_id.in_(list(activaciones))
