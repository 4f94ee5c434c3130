"""How many persons fit: who says so, and since which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from albergues_app.albergues.models import Capacidad, ClaseCapacidad
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean, normalize


@dataclass(frozen=True)
class CapacidadNueva:
    """Persons that fit, who says so (``fuente``, text) and since which day."""

    personas: int
    fuente: str
    fecha: date
    clase: str | None = None
    regimen: str = "general"


def capacity_class(fuente: str) -> str:
    """The class a free-text source stands for: an act authorises, a standard computes, anybody else declares."""
    words = normalize(fuente)
    if "autoriz" in words or "acta" in words:
        return ClaseCapacidad.AUTORIZADA
    if "calcul" in words:
        return ClaseCapacidad.CALCULADA
    return ClaseCapacidad.DECLARADA


def add_capacidad(albergue_id: UUID, datos: CapacidadNueva, limita: str | None = None) -> Capacidad:
    """Say how many persons fit from a day on. Earlier statements stay.

    :raises RuleBroken: a negative number.
    """
    if datos.personas < 0:
        raise RuleBroken("capacidad_negativa", "La capacidad no puede ser negativa.", "capacidad.personas")
    row = Capacidad(
        id=uuid7(),
        albergue_id=albergue_id,
        clase=datos.clase or capacity_class(datos.fuente),
        regimen=datos.regimen,
        personas=datos.personas,
        fuente=clean(datos.fuente),
        fecha=datos.fecha,
        limita=limita,
        vigente_desde=clock.day_start(datos.fecha),
        registrado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row
