"""Say afterwards why a shelter went over its capacity: nothing is refused at the door, and the reason is owed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion
from albergues_app.audit.sealing import seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models_sobrecupo import MotivoSobrecupo
from albergues_app.ocupacion.sobrecupo import SEAL, exceso_of

SHORTEST = 5
"""Letters a reason has at least: «ok» is none."""


def explain_sobrecupo(activacion_id: UUID, motivo: str) -> dict[str, Any]:
    """Keep a reason for the excess that goes on, or for the last one (in the caller's unit of work).

    :raises RuleBroken: `sin_sobrecupo`. :raises Invalid: `falta_motivo`.
    """
    words = clean(motivo)[:300]
    if len(words) < SHORTEST:
        raise Invalid([Aviso("falta_motivo", "Escriba por qué se recibió sobre la capacidad.", "motivo")])
    activacion = db.session.get_one(Activacion, activacion_id)
    moment, actor = clock.now(), current_actor()
    exceso = exceso_of(activacion, moment)
    if exceso is None:
        raise RuleBroken(
            "sin_sobrecupo", "Este albergue no ha pasado de su capacidad: no hay nada que explicar.", "motivo"
        )
    row = MotivoSobrecupo(
        id=uuid7(), activacion_id=activacion.id, albergue_codigo=activacion.albergue_codigo,
        municipio_codigo=activacion.municipio_codigo, desde=exceso.desde, exceso=exceso.mayor,
        motivo=seal_for(activacion.emergencia_id).seal(words.encode(), SEAL),
        cuenta_id=actor.cuenta_id if actor else None, registrado_en=moment,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return {"id": str(row.id)}
