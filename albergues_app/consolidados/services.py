"""Validate, send and rectify. A version is frozen when it is validated; only legal moves, each with who, when and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from albergues_app.consolidados.body import fingerprint, load
from albergues_app.consolidados.build import build
from albergues_app.consolidados.changes import Celda, compare
from albergues_app.consolidados.models import (
    ESTADO_NOMBRE,
    MOVES,
    Consolidado,
    ConsolidadoTransicion,
    EstadoConsolidado,
)
from albergues_app.consolidados.queries import last_version, state_of
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.emergencias.models import Emergencia

SEEN = timedelta(hours=2)
"""What is validated was looked at this recently."""


def validate(key: UUID, asked: Pregunta, motivo: str | None = None) -> Consolidado:
    """Freeze what its validator saw: the figures of the cut-off as known at ``asked.conocido_en``. Flushes.

    :raises RuleBroken: `corte_futuro`, `vista_vieja`, `ya_validado`.
    """
    now = clock.now()
    if asked.corte > now:
        raise RuleBroken(
            "corte_futuro", "Ese corte todavía no llega. Valide cuando haya pasado la hora.", "corte"
        )
    if not now - SEEN <= asked.conocido_en <= now:
        raise RuleBroken(
            "vista_vieja",
            "Esta página lleva más de 2 horas abierta. Actualícela, revise las cifras y valide.",
            None,
        )
    _turn(asked.emergencia_id)
    if last_version(asked.emergencia_id, asked.ambito.codigo, asked.corte) is not None:
        raise RuleBroken(
            "ya_validado",
            "Este corte ya está validado. Para cambiarlo, rectifíquelo: se hace otra versión.",
            None,
        )
    return _freeze(key, asked, 1, None, motivo)


def send_consolidado(row: Consolidado, destinatario: str, motivo: str | None = None) -> None:
    """It was handed to an office. Flushes. :raises RuleBroken: `falta_destinatario`, `paso_no_permitido`."""
    if not clean(destinatario):
        raise RuleBroken("falta_destinatario", "Escriba a quién se envió.", "destinatario")
    _move(row, EstadoConsolidado.ENVIADO, motivo, clean(destinatario))


def rectify(key: UUID, row: Consolidado, asked: Pregunta, motivo: str) -> Consolidado:
    """Another version in place of a frozen one, with its reason; the one before stays as it was. Flushes.

    :raises RuleBroken: `falta_motivo`, `nada_que_rectificar`, `vista_vieja`, `paso_no_permitido`.
    """
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se rectifica.", "motivo")
    now = clock.now()
    if not now - SEEN <= asked.conocido_en <= now:
        raise RuleBroken(
            "vista_vieja",
            "Esta página lleva más de 2 horas abierta. Actualícela, revise las cifras y rectifique.",
            None,
        )
    _turn(row.emergencia_id)
    fresh = replace(asked, emergencia_id=row.emergencia_id, ambito=Ambito(row.ambito), corte=row.corte)
    _move(row, EstadoConsolidado.RECTIFICADO, motivo)
    version = _freeze(key, fresh, row.version + 1, row.id, motivo)
    if not changes(row, version):
        raise RuleBroken(
            "nada_que_rectificar",
            "Con lo que hoy se sabe, ninguna cifra de ese corte cambia. No hay qué rectificar.",
            None,
        )
    return version


def changes(before: Consolidado, after: Consolidado) -> list[Celda]:
    """The cells in which two versions differ."""
    return compare(load(before.datos), load(after.datos))


def reproduces(row: Consolidado) -> bool:
    """Does the register, asked today for what was known then, give the very bytes that were frozen?"""
    asked = Pregunta(row.emergencia_id, Ambito(row.ambito), row.corte, row.conocido_en)
    return build(asked, load(row.datos).emergencia_nombre).dump() == row.datos


def _freeze(
    key: UUID, asked: Pregunta, version: int, rectifica_id: UUID | None, motivo: str | None
) -> Consolidado:
    emergencia = db.session.get_one(Emergencia, asked.emergencia_id)
    datos = build(asked, emergencia.nombre).dump()
    actor = current_actor()
    row = Consolidado(
        id=key,
        emergencia_id=asked.emergencia_id,
        ambito=asked.ambito.codigo,
        departamento_codigo=asked.ambito.departamento_codigo,
        municipio_codigo=asked.ambito.municipio_codigo,
        corte=asked.corte,
        conocido_en=asked.conocido_en,
        version=version,
        rectifica_id=rectifica_id,
        motivo=clean(motivo or "") or None if rectifica_id else None,
        datos=datos,
        huella=fingerprint(datos),
        cuenta_id=actor.cuenta_id if actor else None,
        registrado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    _move(row, EstadoConsolidado.VALIDADO, motivo)
    return row


def _move(
    row: Consolidado, to: EstadoConsolidado, motivo: str | None, destinatario: str | None = None
) -> None:
    now_at = state_of(row.id)
    if to not in MOVES[now_at]:
        raise RuleBroken(
            "paso_no_permitido",
            f"Un consolidado {ESTADO_NOMBRE[now_at].lower()} no pasa a {ESTADO_NOMBRE[to].lower()}.",
            None,
        )
    actor = current_actor()
    db.session.add(
        ConsolidadoTransicion(
            id=uuid7(),
            consolidado_id=row.id,
            de=now_at,
            a=to,
            destinatario=destinatario,
            motivo=clean(motivo or "") or None,
            cuenta_id=actor.cuenta_id if actor else None,
            registrado_en=clock.now(),
        )
    )
    db.session.flush()


def _turn(emergencia_id: UUID) -> None:
    """Versions of one emergency are made one after the other."""
    db.session.execute(select(Emergencia.id).where(Emergencia.id == emergencia_id).with_for_update())
