"""The animals of a family: they decide where it can go, and what a shelter must foresee."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models_fuera import AnimalesFamilia

ESPECIES: dict[str, str] = {
    "perro": "Perros",
    "gato": "Gatos",
    "aves": "Aves",
    "cerdo": "Cerdos",
    "ganado": "Ganado",
    "otro": "Otros animales",
}
"""The kinds of the boleta, in its order."""


def note_animals(familia_id: UUID, cantidades: Mapping[str, int]) -> None:
    """What a family said of its animals, kind by kind; only what is told is written. :raises Invalid: negatives."""
    told = {kind: n for kind, n in cantidades.items() if kind in ESPECIES}
    if any(n < 0 for n in told.values()):
        raise Invalid([Aviso("numero_negativo", "Escriba un número de 0 en adelante.", "animales")])
    moment, actor = clock.now(), current_actor()
    rows = [
        {
            "id": uuid7(),
            "familia_id": familia_id,
            "especie": kind,
            "cantidad": n,
            "registrado_en": moment,
            "cuenta_id": actor.cuenta_id if actor else None,
        }
        for kind, n in told.items()
    ]
    bulk_insert(db.session, AnimalesFamilia, rows)
