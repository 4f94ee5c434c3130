"""A COE with one entry in its log, an institution accredited in it, and the sheets of the SCI that hang from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from albergues_app.coe.integrantes import IntegranteNuevo
from albergues_app.coe.mensajes import MensajeNuevo, answer_mensaje, write_mensaje
from albergues_app.coe.models import Coe
from albergues_app.coe.recursos import PasoNuevo, write_paso
from albergues_app.coe.resumen import write_resumen
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


def make_recurso(coe_id: UUID, estado: str = "llego", when: datetime = OPENED, **fila: Any) -> UUID:
    """A resource of a COE: ``make_recurso(coe.id, tipo="Cisterna", personas=2)``."""
    line = {
        "clase": "vehiculo",
        "tipo": "Camión",
        "institucion": "Ejército",
        "contacto_nombre": "N/N",
        **fila,
    }
    with unit_of_work(SISTEMA):
        body = write_paso(coe_id, None, PasoNuevo(uuid7(), estado, when, line))
    return UUID(body["id"])


def make_mensaje(coe_id: UUID, para: str = "institucion", when: datetime = OPENED, **hoja: Any) -> UUID:
    """A message of a COE, to an institution unless ``para`` says `coe:…` or `cuenta:…`."""
    sheet = {
        "para_cargo": "Cruz Roja", "de_nombre": "Ana Cobo", "asunto": "Agua", "mensaje": "Piden una cisterna",
        "ocurrido_en": when, **hoja,
    }  # fmt: skip
    with unit_of_work(SISTEMA):
        return UUID(write_mensaje(coe_id, MensajeNuevo(uuid7(), para, sheet))["id"])


def make_resumen(coe_id: UUID, over: int = 0, **answers: Any) -> int:
    """A version of the summary of a COE; returns its number."""
    sheet = {"incidente": "Derrumbe", "ocurrido_en": OPENED, **answers}
    with unit_of_work(SISTEMA):
        version: int = write_resumen(coe_id, sheet, over)["version"]
    return version


def make_sci() -> None:
    """A COE with a sheet of each kind, and a message that was answered."""
    coe_id = make_coe().id
    make_recurso(coe_id)
    make_resumen(coe_id)
    mensaje_id = make_mensaje(coe_id)
    answer = {"respuesta": "Va una", "respuesta_en": OPENED, "respuesta_nombre": "Luis Tzoc"}
    with unit_of_work(SISTEMA):
        answer_mensaje(coe_id, mensaje_id, answer, uuid7())
