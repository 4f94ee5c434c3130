"""Put an advice for the gate, and withdraw it. It holds nobody: the register writes every movement all the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion
from albergues_app.audit.sealing import seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.avisos_puerta import CLASE_NOMBRE, MOTIVO, RETIRO, TEXTO
from albergues_app.ocupacion.models_aviso import AvisoPuerta

MOST_LETTERS, MOST_REASON = 160, 500
PROPOSED, LONGEST = timedelta(days=7), timedelta(days=90)
"""How long the page proposes, and the most: what must last longer is looked at again."""
SHORTEST = 5
"""Letters that a reason has at least."""


@dataclass(frozen=True)
class AvisoNuevo:
    """An advice about one person or, with ``familia_id``, about a whole family; ``motivo`` stays out of the gate."""

    id: UUID
    activacion_id: UUID
    clase: str
    texto: str
    motivo: str
    hasta: datetime
    desde: datetime | None = None
    """None: from now."""
    persona_id: UUID | None = None
    familia_id: UUID | None = None


def put_aviso(datos: AvisoNuevo) -> dict[str, Any]:
    """Write it. The caller has seen that the person or family is, or was, in this shelter.

    :raises NotFound: no such activation. :raises Invalid: `falta_clase`, `falta_texto`, `texto_largo`,
        `falta_motivo`, `vigencia_invertida`, `vigencia_pasada`, `vigencia_larga`, `falta_de_quien`.
    """
    activacion = db.session.get(Activacion, datos.activacion_id)
    if activacion is None:
        raise NotFound()
    now, texto, motivo = clock.now(), clean(datos.texto), clean(datos.motivo)
    desde = datos.desde or now
    faults = _faults(datos, texto, motivo, desde, now)
    if faults:
        raise Invalid(faults)
    key, actor = seal_for(activacion.emergencia_id), current_actor()
    row = AvisoPuerta(
        id=datos.id, albergue_codigo=activacion.albergue_codigo, municipio_codigo=activacion.municipio_codigo,
        persona_id=datos.persona_id, familia_id=datos.familia_id, activacion_id=activacion.id,
        emergencia_id=activacion.emergencia_id, clase=datos.clase, texto=key.seal(texto.encode(), TEXTO),
        motivo=key.seal(motivo.encode(), MOTIVO), desde=desde, hasta=datos.hasta,
        cuenta_id=actor.cuenta_id if actor else None, registrado_en=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return {"id": str(row.id), "avisos": []}


def _faults(datos: AvisoNuevo, texto: str, motivo: str, desde: datetime, now: datetime) -> list[Aviso]:
    found = []
    if (datos.persona_id is None) == (datos.familia_id is None):
        found.append(Aviso("falta_de_quien", "Elija de quién es el aviso.", "de_quien"))
    if datos.clase not in CLASE_NOMBRE:
        found.append(Aviso("falta_clase", "Elija qué hace la puerta.", "clase"))
    if not texto:
        found.append(Aviso("falta_texto", "Escriba qué debe hacer quien está en la puerta.", "texto"))
    elif len(texto) > MOST_LETTERS:
        said = f"Son {len(texto)} letras; caben {MOST_LETTERS}. Abrévielo."
        found.append(Aviso("texto_largo", said, "texto"))
    if not SHORTEST <= len(motivo) <= MOST_REASON:
        said = f"Escriba por qué, en {MOST_REASON} letras a lo sumo. No se muestra en la puerta."
        found.append(Aviso("falta_motivo", said, "motivo"))
    if datos.hasta <= desde:
        found.append(Aviso("vigencia_invertida", "El aviso termina antes de empezar.", "hasta"))
    elif datos.hasta <= now:
        found.append(Aviso("vigencia_pasada", "Esa hora ya pasó: el aviso no se vería.", "hasta"))
    elif datos.hasta > max(desde, now) + LONGEST:
        said = (
            f"Un aviso dura {LONGEST.days} días a lo sumo. Después póngalo otra vez, si todavía hace falta."
        )
        found.append(Aviso("vigencia_larga", said, "hasta"))
    return found


def withdraw_aviso(aviso_id: UUID, motivo: str) -> dict[str, Any]:
    """Take it away from the gate at once, with who, when and why; the row stays.

    :raises Invalid: `falta_motivo`. :raises RuleBroken: `ya_retirado`.
    """
    words = clean(motivo)
    if not SHORTEST <= len(words) <= MOST_REASON:
        raise Invalid([Aviso("falta_motivo", "Escriba por qué se retira.", "motivo_retiro")])
    row = db.session.get_one(AvisoPuerta, aviso_id, with_for_update=True, populate_existing=True)
    if row.retirado_en is not None:
        raise RuleBroken("ya_retirado", "Este aviso ya estaba retirado.")
    actor = current_actor()
    row.retirado_en = clock.now()
    row.retirado_por = actor.cuenta_id if actor else None
    row.motivo_retiro = seal_for(row.emergencia_id).seal(words.encode(), RETIRO)
    db.session.flush()
    return {"id": str(row.id), "avisos": []}
