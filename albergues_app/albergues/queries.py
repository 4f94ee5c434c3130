"""Facts of sites in force at an instant, as known at another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import AlbergueVersion, Capacidad, ClaseCapacidad
from albergues_app.core.db import db

_ORDER = {ClaseCapacidad.AUTORIZADA: 0, ClaseCapacidad.DECLARADA: 1, ClaseCapacidad.CALCULADA: 2}


@dataclass(frozen=True)
class CapacidadVigente:
    personas: int
    clase: str
    fuente: str
    fecha: str


def capacidades_at(
    corte: datetime, conocido_en: datetime, albergues: Iterable[UUID] | None = None
) -> dict[UUID, CapacidadVigente]:
    """Capacity of each site for figures: authorised, else declared, else computed. Absent: unknown, never 0."""
    c = Capacidad.__table__
    stmt = select(
        c.c.albergue_id, c.c.clase, c.c.personas, c.c.fuente, c.c.fecha, c.c.vigente_desde, c.c.registrado_en
    ).where(c.c.vigente_desde <= corte, c.c.registrado_en <= conocido_en, c.c.regimen == "general")
    if albergues is not None:
        stmt = stmt.where(c.c.albergue_id.in_(list(albergues)))
    best: dict[UUID, tuple[tuple[int, datetime, datetime], CapacidadVigente]] = {}
    for row in db.session.execute(stmt.order_by(c.c.vigente_desde, c.c.registrado_en)):
        rank = -_ORDER[ClaseCapacidad(row.clase)]
        key = (rank, row.vigente_desde, row.registrado_en)
        if row.albergue_id not in best or key >= best[row.albergue_id][0]:
            best[row.albergue_id] = (
                key,
                CapacidadVigente(row.personas, row.clase, row.fuente, str(row.fecha)),
            )
    return {albergue: value for albergue, (_key, value) in best.items()}


@dataclass(frozen=True)
class SitioVigente:
    oficial: bool
    municipio_codigo: str
    ubicacion_reservada: bool


def versiones_at(
    corte: datetime, conocido_en: datetime, albergues: Iterable[UUID] | None = None
) -> dict[UUID, SitioVigente]:
    """Official or not, municipality and reserve of each site, at the instant, as known then."""
    v = AlbergueVersion.__table__
    stmt = (
        select(v.c.albergue_id, v.c.oficial, v.c.municipio_codigo, v.c.ubicacion_reservada)
        .where(v.c.vigente_desde <= corte, v.c.registrado_en <= conocido_en)
        .order_by(v.c.vigente_desde, v.c.registrado_en)
    )
    if albergues is not None:
        stmt = stmt.where(v.c.albergue_id.in_(list(albergues)))
    return {
        row.albergue_id: SitioVigente(row.oficial, row.municipio_codigo, row.ubicacion_reservada)
        for row in db.session.execute(stmt)
    }
