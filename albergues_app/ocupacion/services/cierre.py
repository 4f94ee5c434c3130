"""Moves of an activation. They live here because closing asks who is inside."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion, ActivacionTransicion
from albergues_app.albergues.services import record_transition
from albergues_app.albergues.states import (
    MOVES_ACTIVACION,
    NOMBRE_ACTIVACION,
    EstadoActivacion,
    may_move_activacion,
)
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, NotFound, RuleBroken
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.ingreso import count_inside


def transition_activacion(
    activacion_id: UUID,
    a: str,
    ocurrida_en: datetime,
    motivo: str | None = None,
    acta_numero: str | None = None,
    transicion_id: UUID | None = None,
) -> dict[str, Any]:
    """Move an activation; returns the resource with ``avisos``.

    :raises RuleBroken: `personas_dentro` (checked first), `transicion_ilegal`, `falta_acta`, `falta_destino`,
        `con_ingresos`, `antes_de_la_anterior`, `cierre_antes_de_movimientos`.
    """
    activacion = db.session.get(Activacion, activacion_id, with_for_update=True)
    if activacion is None:
        raise NotFound()
    de = activacion.estado
    if a == EstadoActivacion.CERRADA and (inside := count_inside(activacion.id)):
        raise RuleBroken(
            "personas_dentro",
            f"Hay {inside} personas dentro. Registre el egreso y el destino de cada una antes de cerrar.",
            "a",
        )
    if not may_move_activacion(de, a):
        ways = (
            ", ".join(NOMBRE_ACTIVACION[m] for m in sorted(MOVES_ACTIVACION[EstadoActivacion(de)]))
            or "ninguno"
        )
        raise RuleBroken(
            "transicion_ilegal",
            f"De «{NOMBRE_ACTIVACION[de]}» no se pasa a «{NOMBRE_ACTIVACION[a]}». Puede pasar a: {ways}.",
            "a",
        )
    avisos: list[Aviso] = []
    _check_order(activacion, ocurrida_en)
    if a == EstadoActivacion.ANULADA and _had_ingresos(activacion.id):
        raise RuleBroken(
            "con_ingresos", "Ya hubo ingresos: no se anula. Ciérrela cuando no quede nadie.", "a"
        )
    if a == EstadoActivacion.CERRADA:
        _check_closing(activacion, ocurrida_en, acta_numero)
        activacion.cerrada_en, activacion.acta_cierre = ocurrida_en, acta_numero
    if de == EstadoActivacion.PREPARACION and a == EstadoActivacion.ACTIVA:
        activacion.abierta_en = ocurrida_en
        activacion.acta_apertura = acta_numero or activacion.acta_apertura
        if not activacion.acta_apertura:
            avisos.append(
                Aviso("acta_pendiente", "Falta el acta de apertura: tiene 24 horas para anotarla.", "acta")
            )
    activacion.estado = a
    row = record_transition(activacion, de, a, ocurrida_en, motivo, acta_numero, transicion_id)
    return {
        "id": str(row.id),
        "activacion": str(activacion.id),
        "de": de,
        "a": a,
        "ocurrida_en": clock.iso(ocurrida_en),
        "registrado_en": clock.iso(row.registrado_en),
        "motivo": row.motivo,
        "acta": {"numero": acta_numero} if acta_numero else None,
        "avisos": [x.as_dict() for x in avisos],
    }


def _check_order(activacion: Activacion, ocurrida_en: datetime) -> None:
    t = ActivacionTransicion.__table__
    last = db.session.scalar(select(func.max(t.c.ocurrida_en)).where(t.c.activacion_id == activacion.id))
    if last is not None and ocurrida_en < last:
        raise RuleBroken(
            "antes_de_la_anterior", "La hora es anterior al último cambio de estado.", "ocurrida_en"
        )


def _had_ingresos(activacion_id: UUID) -> bool:
    """Any entry of the ledger that still counts: annulled ones leave no stay."""
    return (
        db.session.scalar(select(Estancia.id).where(Estancia.activacion_id == activacion_id).limit(1))
        is not None
    )


def _check_closing(activacion: Activacion, ocurrida_en: datetime, acta_numero: str | None) -> None:
    m, e = Movimiento.__table__, Estancia.__table__
    without = db.session.scalar(
        select(func.count())
        .select_from(e.join(m, m.c.id == e.c.egreso_movimiento))
        .where(e.c.activacion_id == activacion.id, e.c.egreso_tipo == "egreso", m.c.destino.is_(None))
    )
    if without:
        raise RuleBroken(
            "falta_destino", f"{without} egresos no dicen su destino. Anótelo antes de cerrar.", "a"
        )
    last = db.session.scalar(select(func.max(e.c.egreso_en)).where(e.c.activacion_id == activacion.id))
    if last is not None and ocurrida_en < last:
        raise RuleBroken(
            "cierre_antes_de_movimientos", "Hay movimientos posteriores a esa hora de cierre.", "ocurrida_en"
        )
    if not acta_numero:
        raise RuleBroken("falta_acta", "Escriba el número del acta de cierre.", "acta")
