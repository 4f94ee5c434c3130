"""What the strip on top of every page reads: two small statements, without loading an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from albergues_app.core.db import run
from albergues_app.emergencias.models import (
    COLORES,
    Alerta,
    AlertaLugar,
    ColorAlerta,
    Emergencia,
    EmergenciaDepartamento,
    covers,
)


@dataclass(frozen=True)
class EnCurso:
    """An emergency under way, and its departments."""

    id: UUID
    nombre: str
    inicio: datetime
    departamentos: tuple[str, ...]


@dataclass(frozen=True)
class EnAlerta:
    """An alert in force; without places it is the whole country's."""

    emergencia_id: UUID | None
    nivel: str
    color: str
    desde: datetime
    lugares: tuple[str, ...]

    def covers(self, codigo: str) -> bool:
        """As ``Alerta.covers``."""
        return covers(self.nivel, self.lugares, codigo)


_E, _D = Emergencia.__table__, EmergenciaDepartamento.__table__
_A, _L = Alerta.__table__, AlertaLugar.__table__
_NOW: Any = bindparam("now")
_EMERGENCIAS = (
    select(_E.c.id, _E.c.nombre, _E.c.inicio, _D.c.departamento_codigo)
    .select_from(_E.outerjoin(_D, _D.c.emergencia_id == _E.c.id))
    .where(_E.c.inicio <= _NOW, or_(_E.c.fin.is_(None), _E.c.fin > _NOW))
    .order_by(_E.c.inicio.desc(), _E.c.id, _D.c.departamento_codigo)
)
_ALERTAS = (
    select(_A.c.id, _A.c.emergencia_id, _A.c.nivel, _A.c.color, _A.c.desde, _L.c.codigo)
    .select_from(_A.outerjoin(_L, _L.c.alerta_id == _A.c.id))
    .where(_A.c.desde <= _NOW, or_(_A.c.hasta.is_(None), _A.c.hasta > _NOW))
    .order_by(_A.c.desde, _A.c.id, _L.c.codigo)
)


def emergencias_now(when: datetime) -> list[EnCurso]:
    """Emergencies under way, newest first."""
    found = _grouped(run(_EMERGENCIAS, {"now": when}).all())
    return [
        EnCurso(rows[0].id, rows[0].nombre, rows[0].inicio, _codes(r.departamento_codigo for r in rows))
        for rows in found
    ]


def alertas_now(when: datetime) -> list[EnAlerta]:
    """Alerts in force, the highest colour first."""
    found = [
        EnAlerta(first.emergencia_id, first.nivel, first.color, first.desde, _codes(r.codigo for r in rows))
        for rows in _grouped(run(_ALERTAS, {"now": when}).all())
        for first in rows[:1]
    ]
    return sorted(found, key=lambda a: (-COLORES.index(ColorAlerta(a.color)), a.desde))


def _grouped(rows: Sequence[Any]) -> list[list[Any]]:
    groups: dict[UUID, list[Any]] = {}
    for row in rows:
        groups.setdefault(row.id, []).append(row)
    return list(groups.values())


def _codes(values: Any) -> tuple[str, ...]:
    return tuple(v for v in values if v is not None)
