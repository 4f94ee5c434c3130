"""Advices for the gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.services.aviso_puerta import AvisoNuevo, put_aviso
from tests.factories.cuentas import SISTEMA

QUE = "Llame al encargado: 5555-0000"
POR_QUE = "Orden de alejamiento del juzgado de paz"


def make_aviso(activacion_id: UUID, **changes: Any) -> UUID:
    """An advice of seven days about ``persona_id`` or ``familia_id``; its id."""
    data: dict[str, Any] = {
        "id": uuid7(), "clase": "no_pasa", "texto": QUE, "motivo": POR_QUE,
        "hasta": clock.now() + timedelta(days=7), **changes,
    }  # fmt: skip
    with unit_of_work(SISTEMA):
        return UUID(put_aviso(AvisoNuevo(activacion_id=activacion_id, **data))["id"])
