"""A commitment on the list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from albergues_app.accounts.identity import Identity
from albergues_app.compromisos.services import (
    CompromisoNuevo,
    Encargado,
    Plazo,
    create_compromiso,
)
from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from tests.factories.cuentas import SISTEMA


def make_compromiso(lugar: str = "1413", by: Actor = SISTEMA, **changes: Any) -> UUID:
    """Of a municipality, a department or the country («GT»), due in ten days unless ``vence_en`` says otherwise."""
    vence_en = changes.pop("vence_en", clock.now() + timedelta(days=10))
    con_hora = changes.pop("con_hora", True)
    encargado = Encargado(
        changes.pop("responsable", "Ana Xiloj"),
        changes.pop("institucion", "Municipalidad de Nebaj"),
        changes.pop("cuenta_id", None),
    )
    values: dict[str, Any] = {
        "id": uuid7(),
        "descripcion": "Enviar el punto de acta del salón municipal",
        "departamento": None if lugar == "GT" else lugar[:2],
        "municipio": lugar if len(lugar) == 4 else None,
        **changes,
    }
    with unit_of_work(by):
        row, _ = create_compromiso(
            CompromisoNuevo(plazo=Plazo(vence_en, con_hora), encargado=encargado, **values)
        )
        return row.id


def acting(cuenta: Identity) -> Actor:
    """The account as whoever writes."""
    return cuenta.as_actor("web")
