"""Facts of sites in force at an instant, as known at another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from albergues_app.albergues.models import AlbergueVersion, Capacidad, ClaseCapacidad
from albergues_app.core.clock import FOREVER
from albergues_app.core.db import Question, UTCDateTime, db, run

_ORDER = {ClaseCapacidad.AUTORIZADA: 0, ClaseCapacidad.DECLARADA: 1, ClaseCapacidad.CALCULADA: 2}


_C = Capacidad.__table__
_CAPACIDADES = (
    select(
        _C.c.albergue_id, _C.c.clase, _C.c.personas, _C.c.fuente, _C.c.fecha, _C.c.vigente_desde, _C.c.registrado_en
    )
    .where(
        _C.c.vigente_desde <= bindparam("corte"),
        _C.c.registrado_en <= bindparam("conocido"),
        _C.c.regimen == "general",
    )
    .order_by(_C.c.vigente_desde, _C.c.registrado_en)
)  # fmt: skip
_CAPACIDADES_DE = _CAPACIDADES.where(_C.c.albergue_id.in_(bindparam("albergues", expanding=True)))
_NEXT = Question(
    select(func.min(_C.c.vigente_desde).label("cuando"))
    .where(_C.c.vigente_desde > bindparam("now", type_=UTCDateTime()))
    .union_all(
        select(func.min(_C.c.registrado_en)).where(_C.c.registrado_en > bindparam("now", type_=UTCDateTime()))
    )
)
_CAPACIDADES_DE_UNO = Question(_CAPACIDADES.where(_C.c.albergue_id == bindparam("albergue")))


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
    stmt = _CAPACIDADES
    parameters: dict[str, Any] = {"corte": corte, "conocido": conocido_en}
    if albergues is not None:
        stmt, parameters = _CAPACIDADES_DE, {**parameters, "albergues": list(albergues)}
    return _best(run(stmt, parameters))


def next_capacidad(now: datetime) -> datetime:
    """When the clock alone makes another capacity count: the next one that was written beforehand. FOREVER: never."""
    return min((row.cuando for row in _NEXT.rows(now=now) if row.cuando is not None), default=FOREVER)


def capacidad_of(albergue: UUID, corte: datetime, conocido_en: datetime) -> CapacidadVigente | None:
    """As ``capacidades_at``, of one site: every check-in asks it."""
    return _best(_CAPACIDADES_DE_UNO.rows(corte=corte, conocido=conocido_en, albergue=albergue)).get(albergue)


def _best(rows: Iterable[Any]) -> dict[UUID, CapacidadVigente]:
    best: dict[UUID, tuple[tuple[int, datetime, datetime], CapacidadVigente]] = {}
    for row in rows:
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
