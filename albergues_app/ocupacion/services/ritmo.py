"""The hours a shelter reports at, and the calls made to one that is silent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion, Contacto
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models_parte import Llamada, RitmoParte
from albergues_app.ocupacion.ritmo import Horas, horas_text

RESULTADOS: dict[str, str] = {
    "envia_parte": "Contestó y envía el parte",
    "sin_dato": "Contestó, todavía no cuenta",
    "no_contesto": "No contestó",
    "numero_malo": "El número no sirve",
    "otro_medio": "Se supo por otro medio",
}
"""What may come of a call, in the words of the list."""


def set_ritmo(id: UUID, activacion_id: UUID, horas: Horas) -> dict[str, Any]:
    """From now on the shelter is expected to report at these hours; what it owed before stays as it was."""
    activacion, moment = db.session.get_one(Activacion, activacion_id), clock.now()
    actor = current_actor()
    row = RitmoParte(
        id=id, activacion_id=activacion.id, albergue_codigo=activacion.albergue_codigo,
        municipio_codigo=activacion.municipio_codigo, horas=horas_text(horas), vigente_desde=moment,
        cuenta_id=actor.cuenta_id if actor else None, registrado_en=moment,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return {"id": str(id), "horas": row.horas}


def note_llamada(
    id: UUID, activacion_id: UUID, resultado: str, nota: str | None, contacto_id: UUID | None, when: datetime
) -> dict[str, Any]:
    """Note an attempt to reach the shelter.

    :raises Invalid: `resultado_desconocido`. :raises NotFound: the contact is of another site.
    """
    if resultado not in RESULTADOS:
        raise Invalid([Aviso("resultado_desconocido", "Elija qué resultó de la llamada.", "resultado")])
    activacion, actor = db.session.get_one(Activacion, activacion_id), current_actor()
    if contacto_id is not None:
        contacto = db.session.get(Contacto, contacto_id)
        if contacto is None or contacto.albergue_id != activacion.albergue_id:
            raise NotFound()
    db.session.add(
        Llamada(
            id=id, activacion_id=activacion.id, albergue_codigo=activacion.albergue_codigo,
            municipio_codigo=activacion.municipio_codigo, contacto_id=contacto_id, resultado=resultado,
            nota=nota, ocurrida_en=when, cuenta_id=actor.cuenta_id if actor else None, registrado_en=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()
    return {"id": str(id), "resultado": resultado}
