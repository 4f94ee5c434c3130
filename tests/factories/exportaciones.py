"""A request to take persons out, of a given account."""

from __future__ import annotations

from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.exportaciones.models import Exportacion
from tests.factories.cuentas import SISTEMA


def make_exportacion(cuenta_id: UUID, albergue_codigo: str) -> UUID:
    """Its id; nobody has prepared its file."""
    key = uuid7()
    with unit_of_work(SISTEMA):
        db.session.add(
            Exportacion(
                id=key, cuenta_id=cuenta_id, clase="personas", formato="csv", albergue_codigo=albergue_codigo,
                corte=clock.now(), columnas="folio,sexo", filas=2, motivo="Raciones", destinatario="Cocina",
                pedida_en=clock.now(),
            )
        )  # fmt: skip
    return key
