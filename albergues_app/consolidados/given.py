"""Totals that somebody else gave, beside what the system computed for the same hour and class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.consolidados.models import TotalDado
from albergues_app.consolidados.scope import PAIS, Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor

STILL_SPEAKS = timedelta(hours=24)
"""A given total older than this at the cut-off no longer stands beside it."""


@dataclass(frozen=True)
class TotalNuevo:
    """What was said, by whom and by which means."""

    id: UUID
    emergencia_id: UUID
    ambito: Ambito
    corte: datetime
    clase: str
    fuente: str
    medio: str
    quien: str | None
    personas: int
    familias: int | None
    albergues: int | None
    nota: str | None


def note_given(datos: TotalNuevo) -> TotalDado:
    """Write down a given total; it changes no figure. Flushes."""
    actor = current_actor()
    row = TotalDado(
        id=datos.id,
        emergencia_id=datos.emergencia_id,
        ambito=datos.ambito.codigo,
        departamento_codigo=datos.ambito.departamento_codigo,
        municipio_codigo=datos.ambito.municipio_codigo,
        corte=datos.corte,
        clase=datos.clase,
        fuente=datos.fuente,
        medio=datos.medio,
        quien=clean(datos.quien or "") or None,
        personas=datos.personas,
        familias=datos.familias,
        albergues=datos.albergues,
        nota=clean(datos.nota or "") or None,
        cuenta_id=actor.cuenta_id if actor else None,
        registrado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def annul_given(row: TotalDado, motivo: str) -> None:
    """It no longer stands beside the figure; it stays readable. Flushes.

    :raises RuleBroken: `falta_motivo`, `ya_anulado`.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se anula este total.", "motivo")
    db.session.refresh(row, with_for_update=True)
    if row.anulado_en is not None:
        raise RuleBroken("ya_anulado", "Este total ya está anulado.")
    actor = current_actor()
    row.anulado_en, row.anulado_por = clock.now(), actor.cuenta_id if actor else None
    row.motivo = clean(motivo)
    db.session.flush()


def given_at(asked: Pregunta) -> list[dict[str, Any]]:
    """The last total of each place, class and source in the day before the cut-off, as known then: plain values."""
    t = table_of(TotalDado)
    stmt = (
        select(t)
        .where(
            t.c.emergencia_id == asked.emergencia_id,
            t.c.corte <= asked.corte,
            t.c.corte > asked.corte - STILL_SPEAKS,
            t.c.registrado_en <= asked.conocido_en,
            or_(t.c.anulado_en.is_(None), t.c.anulado_en > asked.conocido_en),
        )
        .order_by(t.c.corte, t.c.registrado_en, t.c.id)
    )
    if asked.ambito.codigo != PAIS:
        stmt = stmt.where(t.c.ambito.startswith(asked.ambito.codigo))
    last: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in db.session.execute(stmt):
        last[(row.ambito, row.clase, row.fuente)] = {
            "id": str(row.id),
            "ambito": row.ambito,
            "clase": row.clase,
            "fuente": row.fuente,
            "medio": row.medio,
            "quien": row.quien,
            "corte": clock.iso(row.corte),
            "personas": row.personas,
            "familias": row.familias,
            "albergues": row.albergues,
            "nota": row.nota,
        }
    return [last[key] for key in sorted(last)]


@dataclass(frozen=True)
class Contraste:
    """A given total and the computed one of the same place and class. None: nobody counts that in the register."""

    dado: dict[str, Any]
    nombre: str
    calculado: int | None

    @property
    def diferencia(self) -> int | None:
        """Given minus computed."""
        return None if self.calculado is None else int(self.dado["personas"]) - self.calculado


def contrast(body: Any) -> list[Contraste]:
    """Each given total beside the persons (register and only declared) that the system computed for it."""
    found = []
    for dado in body.dados:
        place, clase = Ambito(dado["ambito"]), dado["clase"]
        if clase == "fuera":
            computed = _outside(body, place)
        else:
            rows = [r for r in body.lineas if place.covers(r.municipio) and clase in {r.clase, "todas"}]
            computed = sum(r.personas + r.solo_declaradas for r in rows)
        found.append(Contraste(dado, place.nombre, computed))
    return found


def _outside(body: Any, place: Ambito) -> int | None:
    """Of each municipality the larger of registered and estimated, which may be the same people; never another's total."""
    rows = [r for r in body.fuera if place.covers(r.municipio) and (r.personas or not r.dado)]
    return sum(max(r.personas, 0 if r.dado else r.solo_declaradas) for r in rows) if rows else None
