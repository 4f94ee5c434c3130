"""Room in the open shelters: how many places are left here, and where else there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.queries import capacidades_at
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.models_derivadas import Resumen

OPEN_STATES = ("activa", "en_cierre")


@dataclass(frozen=True)
class Cupo:
    """An open shelter: who is inside now and how many fit. Unknown capacity is None, never 0."""

    activacion_id: UUID
    nombre: str
    codigo: str
    municipio: str
    dentro: int
    capacidad: int | None

    @property
    def libres(self) -> int | None:
        return None if self.capacidad is None else self.capacidad - self.dentro


def cupo_of(activacion: Activacion) -> Cupo:
    """The room of one activation."""
    return cupos_of([activacion.id])[0]


def open_destinations(activacion: Activacion, identity: Identity) -> list[Cupo]:
    """Every other open shelter, the near ones first. A reserved location: to its own people only."""
    a, s = Activacion.__table__, Albergue.__table__
    stmt = (
        select(a.c.id, s.c.ubicacion_reservada, s.c.municipio_codigo, s.c.codigo)
        .join_from(a, s, s.c.id == a.c.albergue_id)
        .where(a.c.estado.in_(OPEN_STATES), a.c.abierta_en.is_not(None), a.c.id != activacion.id)
    )
    ids = [
        row.id
        for row in db.session.execute(stmt)
        if not row.ubicacion_reservada
        or identity.covers_municipio(row.municipio_codigo)
        or row.codigo in identity.albergues
    ]
    here = activacion.municipio_codigo

    def nearness(cupo: Cupo) -> tuple[bool, bool, int, str]:
        libres = -1_000_000 if cupo.libres is None else cupo.libres
        return cupo.municipio != here, cupo.municipio[:2] != here[:2], -libres, cupo.nombre

    return sorted(cupos_of(ids), key=nearness)


def with_room(cupos: Sequence[Cupo], departamento: str, people: int = 1, limit: int = 3) -> list[Cupo]:
    """The near ones of a department where so many people fit."""
    return [
        c for c in cupos if c.municipio[:2] == departamento and c.libres is not None and c.libres >= people
    ][:limit]


def cupos_of(ids: Sequence[UUID]) -> list[Cupo]:
    """The room of many activations in two queries, in no order."""
    a, s, r = Activacion.__table__, Albergue.__table__, Resumen.__table__
    inside = (
        select(r.c.activacion_id, func.sum(r.c.personas).label("dentro"))
        .where(r.c.activacion_id.in_(ids))
        .group_by(r.c.activacion_id)
        .subquery()
    )
    stmt = (
        select(a.c.id, a.c.albergue_id, s.c.nombre, s.c.codigo, s.c.municipio_codigo, inside.c.dentro)
        .join_from(a, s, s.c.id == a.c.albergue_id)
        .outerjoin(inside, inside.c.activacion_id == a.c.id)
        .where(a.c.id.in_(ids))
    )
    rows = db.session.execute(stmt).all()
    now = clock.now()
    known = capacidades_at(now, now, {row.albergue_id for row in rows})
    return [
        Cupo(
            row.id,
            row.nombre,
            row.codigo,
            row.municipio_codigo,
            int(row.dentro or 0),
            known[row.albergue_id].personas if row.albergue_id in known else None,
        )
        for row in rows
    ]
