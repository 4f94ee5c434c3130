"""A shelter above its capacity: since when, by how many, and the reasons that were given, then or afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.albergues.models import Activacion
from albergues_app.albergues.queries import capacidad_of
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db, table_of
from albergues_app.core.keys import KeyMissing
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.models_sobrecupo import MotivoSobrecupo

SEAL = "motivo_sobrecupo.motivo"
_SHOWN = 20


@dataclass(frozen=True)
class MotivoDicho:
    """A reason, who gave it, when, and whether at the desk or afterwards."""

    texto: str
    cuando: datetime
    quien: str | None
    despues: bool


@dataclass(frozen=True)
class Exceso:
    """The last time that a shelter held more than its capacity; ``hasta`` None: it does now."""

    desde: datetime
    hasta: datetime | None
    mayor: int
    ahora: int
    capacidad: int
    declarado: bool
    """By its partes: nobody is in the register."""
    motivos: list[MotivoDicho] = field(default_factory=list)

    def horas(self, now: datetime) -> int:
        """Whole hours that it lasted, or has lasted."""
        return int(((self.hasta or now) - self.desde).total_seconds() // 3600)


def exceso_of(activacion: Activacion, now: datetime) -> Exceso | None:
    """The excess that goes on, else the last one; None where there was none or no capacity is known.

    Measured against the capacity of today: what was more than that then is an excess now.
    """
    capacity = capacidad_of(activacion.albergue_id, now, now)
    if capacity is None:
        return None
    stays, declared = _register(activacion.id), False
    if not stays:
        stays, declared = _partes(activacion.id), True
    found = last_excess(stays, capacity.personas)
    if found is None:
        return None
    desde, hasta, mayor, current = found
    reasons = _reasons(activacion, desde, hasta or now)
    return Exceso(desde, hasta, mayor, current, capacity.personas, declared, reasons)


def last_excess(
    counts: Iterable[tuple[datetime, int]], capacity: int
) -> tuple[datetime, datetime | None, int, int] | None:
    """(since, until or None, the most over it, over it at the end) of the last run of counts above ``capacity``.

    ``counts``: how many there were from each instant on, in order.
    """
    found: tuple[datetime, datetime | None, int, int] | None = None
    for moment, people in counts:
        over = people - capacity
        if over > 0:
            if found is None or found[1] is not None:
                found = (moment, None, over, over)
            else:
                found = (found[0], None, max(found[2], over), over)
        elif found is not None and found[1] is None:
            found = (found[0], moment, found[2], 0)
    return found


def _register(activacion_id: UUID) -> list[tuple[datetime, int]]:
    e = table_of(Estancia)
    changes: dict[datetime, int] = {}
    for came, left in db.session.execute(
        select(e.c.ingreso_en, e.c.egreso_en).where(e.c.activacion_id == activacion_id)
    ):
        changes[came] = changes.get(came, 0) + 1
        if left is not None:
            changes[left] = changes.get(left, 0) - 1
    people, found = 0, []
    for moment in sorted(changes):
        people += changes[moment]
        found.append((moment, people))
    return found


def _partes(activacion_id: UUID) -> list[tuple[datetime, int]]:
    p = table_of(Parte)
    stmt = select(p.c.corte, p.c.personas).where(p.c.activacion_id == activacion_id)
    last = {
        row.corte: row.personas for row in db.session.execute(stmt.order_by(p.c.corte, p.c.registrado_en))
    }
    return list(last.items())


def _reasons(activacion: Activacion, desde: datetime, hasta: datetime) -> list[MotivoDicho]:
    m, s = table_of(Movimiento), table_of(MotivoSobrecupo)
    at_desk = (
        select(m.c.operacion_id, m.c.detalle, m.c.ocurrido_en, m.c.cuenta_id)
        .where(
            m.c.activacion_id == activacion.id, m.c.ocurrido_en >= desde, m.c.ocurrido_en <= hasta,
            m.c.tipo.in_(("ingreso", "nacimiento")), m.c.detalle.is_not(None),
        )
        .order_by(m.c.ocurrido_en.desc())
        .limit(200)
    )  # fmt: skip
    afterwards = (
        select(s.c.motivo, s.c.registrado_en, s.c.cuenta_id)
        .where(s.c.activacion_id == activacion.id, s.c.registrado_en >= desde, s.c.desde <= hasta)
        .order_by(s.c.registrado_en.desc())
    )
    found: list[tuple[str, datetime, UUID | None, bool]] = []
    seen: set[UUID] = set()
    try:
        key = seal_for(activacion.emergencia_id)
        for row in db.session.execute(afterwards.limit(_SHOWN)):
            found.append((key.open(row.motivo, SEAL).decode(), row.registrado_en, row.cuenta_id, True))
        for line in db.session.execute(at_desk):
            if line.operacion_id not in seen:
                seen.add(line.operacion_id)
                said: Any = open_json(key, line.detalle, "movimiento.detalle")
                if said.get("motivo"):
                    found.append((said["motivo"], line.ocurrido_en, line.cuenta_id, False))
    except KeyMissing:
        return []
    found.sort(key=lambda one: one[1], reverse=True)
    shown = found[:_SHOWN]
    names = _names({cuenta for _text, _when, cuenta, _later in shown if cuenta is not None})
    return [
        MotivoDicho(text, when, names.get(cuenta) if cuenta else None, later)
        for text, when, cuenta, later in shown
    ]


def _names(cuentas: set[UUID]) -> dict[UUID, str]:
    c = table_of(Cuenta)
    return {r.id: r.nombre for r in db.session.execute(select(c.c.id, c.c.nombre).where(c.c.id.in_(cuentas)))}
