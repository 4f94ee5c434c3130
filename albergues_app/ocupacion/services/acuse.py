"""The destination of a traslado says who came and who did not. Who did not stays in transit: the sender answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.derive import lock_personas, rederive
from albergues_app.ocupacion.models import Movimiento, NoLlegada
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of
from albergues_app.ocupacion.services.ingreso_rows import LATE
from albergues_app.ocupacion.services.movimiento import movement_row
from albergues_app.ocupacion.traslados import legs_of, on_the_way


@dataclass(frozen=True)
class AcuseNuevo:
    """What the destination says of a traslado. ``llegaron`` None: everybody who was on the way."""

    id: UUID
    traslado_id: UUID
    llegaron: Sequence[UUID] | None
    no_llegaron: Sequence[UUID]
    ocurrido_en: datetime
    capturado_en: datetime | None = None


def acknowledge_traslado(datos: AcuseNuevo) -> dict[str, Any]:
    """Who came is inside from ``ocurrido_en``, with the family it left with; who did not is written down.

    :raises NotFound: no such traslado with acknowledgement, or a person that is not of it.
    :raises RuleBroken: `no_en_camino` (received already, or annulled), `antes_de_salida`, `activacion_cerrada`.
    :raises Invalid: nobody named; somebody named in both lists.
    """
    moment = clock.now()
    legs = {leg.persona_id: leg for leg in legs_of(datos.traslado_id)}
    if not legs:
        raise NotFound()
    destino = db.session.get(
        Activacion, next(iter(legs.values())).contraparte_id, with_for_update={"read": True}
    )
    if destino is None:
        raise NotFound()
    named = [*(datos.llegaron or ()), *datos.no_llegaron]
    if any(p not in legs for p in named):
        raise NotFound()
    lock_personas(sorted(legs))
    waiting = {one.persona_id for one in on_the_way(traslado=datos.traslado_id)}
    missing = list(dict.fromkeys(datos.no_llegaron))
    came = (
        list(dict.fromkeys(datos.llegaron)) if datos.llegaron is not None else sorted(waiting - set(missing))
    )
    _check(datos, came, missing, waiting, legs, destino)
    actor = current_actor()
    common = {
        "operacion_id": datos.id,
        "cuenta_id": actor.cuenta_id if actor else None,
        "ocurrido_en": datos.ocurrido_en,
        "registrado_en": moment,
    }
    late = moment - datos.ocurrido_en > LATE
    bulk_insert(
        db.session,
        Movimiento,
        [
            {
                **movement_row(
                    "traslado_entra", p, legs[p].familia_id, destino, contraparte_id=legs[p].activacion_id
                ),
                **common,
                "detalle": None,
                "tardio": late,
                "capturado_en": datos.capturado_en or moment,
            }
            for p in came
        ],
    )
    bulk_insert(
        db.session,
        NoLlegada,
        [
            {
                "id": uuid7(),
                "traslado_id": datos.traslado_id,
                "persona_id": p,
                "activacion_id": destino.id,
                "municipio_codigo": destino.municipio_codigo,
                "albergue_codigo": destino.albergue_codigo,
                **common,
            }
            for p in missing
        ],
    )
    if came:
        rederive(came, moment)
    return {
        "id": str(datos.id),
        "traslado": str(datos.traslado_id),
        "activacion": str(destino.id),
        "llegaron": [str(p) for p in sorted(came)],
        "no_llegaron": [str(p) for p in sorted(missing)],
        "en_camino": [str(p) for p in sorted(waiting - set(came))],
        "ocurrido_en": clock.iso(datos.ocurrido_en),
        "capturado_en": clock.iso(datos.capturado_en or moment),
        "registrado_en": clock.iso(moment),
        "avisos": [a.as_dict() for a in _avisos(destino, bool(came), late)],
    }


def _check(
    datos: AcuseNuevo,
    came: Sequence[UUID],
    missing: Sequence[UUID],
    waiting: set[UUID],
    legs: dict[UUID, Any],
    destino: Activacion,
) -> None:
    if set(came) & set(missing):
        raise Invalid(
            [
                Aviso(
                    "persona_repetida",
                    "La misma persona está entre las que llegaron y las que no.",
                    "llegaron",
                )
            ]
        )
    if not came and not missing and datos.llegaron is not None:
        raise Invalid([Aviso("falta_persona", "Diga quién llegó, o quién no.", "llegaron")])
    if (set(came) | set(missing)) - waiting or not (came or missing):
        raise RuleBroken(
            "no_en_camino",
            "Una persona ya no viene en camino: ya la recibieron, o el traslado se canceló. Vea la lista otra vez.",
            "llegaron",
        )
    if came and destino.estado not in OPEN_STATES:
        raise RuleBroken("activacion_cerrada", "Este albergue ya está cerrado.", "traslado")
    if datos.ocurrido_en < max(legs[p].ocurrido_en for p in (*came, *missing)):
        raise RuleBroken(
            "antes_de_salida", "La hora de llegada es anterior a la de salida. Revise la hora.", "ocurrido_en"
        )


def _avisos(destino: Activacion, came: bool, late: bool) -> list[Aviso]:
    found = []
    cupo = cupo_of(destino) if came else None
    if cupo is not None and cupo.capacidad is not None and cupo.dentro > cupo.capacidad:
        found.append(
            Aviso(
                "sobre_capacidad",
                f"Con esta llegada hay {cupo.dentro} personas de {cupo.capacidad}. Se registró de todos modos.",
                "llegaron",
            )
        )
    if late:
        found.append(
            Aviso(
                "registro_tardio",
                "Quedó como registro tardío; corrige las cifras de ese momento.",
                "ocurrido_en",
            )
        )
    return found
