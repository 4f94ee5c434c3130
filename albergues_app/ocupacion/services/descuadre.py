"""A difference between witnesses: it opens and closes with the partes; somebody takes it; it ends explained or in zero."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models_parte import Descuadre
from albergues_app.ocupacion.testigos import Testigos, descuadres_of, is_explained, testigos_of

SHORTEST = 5
"""Letters an explanation has at least: «ok» explains nothing."""


def healed(activacion_id: UUID, moment: datetime) -> None:
    """Before a parte: a difference that the register has made good meanwhile ends there (in the unit of work)."""
    one = _open(activacion_id)
    if one is not None and testigos_of(activacion_id).mayor is None:
        one.cerrado_en = moment
        db.session.flush()  # before another one opens: the database holds one


def follow_descuadre(activacion: Activacion, moment: datetime) -> None:
    """After a parte: open what began to differ, close what agrees (in the caller's unit of work)."""
    witnesses, one = testigos_of(activacion.id), _open(activacion.id)
    if witnesses.mayor is None:
        if one is not None:
            one.cerrado_en = moment
    elif one is None and not is_explained(witnesses, descuadres_of([activacion.id]).get(activacion.id)):
        _begin(activacion, witnesses, moment)


def take_descuadre(activacion_id: UUID, nota: str | None) -> dict[str, Any]:
    """The account of the unit of work is on it from now.

    :raises RuleBroken: `ya_cuadra`.
    """
    one, _witnesses = _living(activacion_id)
    actor = current_actor()
    one.tomado_por, one.tomado_en = actor.cuenta_id if actor else None, clock.now()
    one.nota = nota or one.nota
    return {"id": str(one.id)}


def explain_descuadre(activacion_id: UUID, explicacion: str) -> dict[str, Any]:
    """Say why the witnesses differ, and close it. A difference of another size will open it again.

    :raises RuleBroken: `ya_cuadra`. :raises Invalid: `falta_explicacion`.
    """
    words = clean(explicacion)[:500]
    if len(words) < SHORTEST:
        raise Invalid([Aviso("falta_explicacion", "Escriba por qué no son iguales.", "nota")])
    one, witnesses = _living(activacion_id)
    one.explicacion, one.explicada, one.cerrado_en = words, witnesses.diferencia, clock.now()
    return {"id": str(one.id)}


def _living(activacion_id: UUID) -> tuple[Descuadre, Testigos]:
    activacion = db.session.get_one(Activacion, activacion_id, with_for_update=True)
    witnesses = testigos_of(activacion_id)
    if witnesses.mayor is None:
        raise RuleBroken("ya_cuadra", "Los conteos ya son iguales: no hay diferencia que explicar.")
    return _open(activacion_id) or _begin(activacion, witnesses, clock.now()), witnesses


_OPEN = select(Descuadre).where(
    Descuadre.activacion_id == bindparam("activacion"), Descuadre.cerrado_en.is_(None)
)


def _open(activacion_id: UUID) -> Descuadre | None:
    return db.session.scalar(_OPEN, {"activacion": activacion_id})


def _begin(activacion: Activacion, witnesses: Testigos, moment: datetime) -> Descuadre:
    assert witnesses.mayor is not None
    row = Descuadre(
        activacion_id=activacion.id, albergue_codigo=activacion.albergue_codigo,
        municipio_codigo=activacion.municipio_codigo, desde=witnesses.mayor.hora or moment, registrado_en=moment,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row
