"""A COE with one entry in its log, and an institution accredited in it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from albergues_app.coe.integrantes import IntegranteNuevo
from albergues_app.coe.models import Coe
from albergues_app.coe.services import CoeNuevo, EntradaNueva, activate_coe, write_entrada
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.factories.albergues import OPENED, make_emergencia
from tests.factories.cuentas import SISTEMA


def make_coe(codigo: str = "14", emergencia_id: UUID | None = None, entries: int = 1) -> Coe:
    """Of the country («GT»), a department or a municipality by its code."""
    emergencia_id = emergencia_id or make_emergencia().id
    departamento = codigo if len(codigo) == 2 and codigo != "GT" else None
    municipio = codigo if len(codigo) == 4 else None
    nivel = "municipal" if municipio else "departamental" if departamento else "nacional"
    with unit_of_work(SISTEMA):
        coe, _ = activate_coe(
            CoeNuevo(uuid7(), emergencia_id, nivel, departamento, municipio, OPENED, "03-2026")
        )
    for n in range(1, entries + 1):
        with unit_of_work(SISTEMA):
            write_entrada(coe.id, EntradaNueva(uuid7(), OPENED, "llamada", f"Asunto {n}", f"Detalle {n}"))
    return coe


def member_of(lugar: str) -> IntegranteNuevo:
    """An accreditation to register."""
    return IntegranteNuevo(
        uuid7(), lugar, "Institución de práctica", "Ana", None, None, None, None, None, date(2026, 1, 1), None
    )
