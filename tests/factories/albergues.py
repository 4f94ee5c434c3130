"""Emergencies, sites, activations and households with sensible defaults: ``make_albergue(municipio="1413")``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.services import (
    ActivacionNueva,
    AlbergueNuevo,
    CapacidadNueva,
    create_activacion,
    create_albergue,
)
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    MovimientoNuevo,
    PersonaNueva,
    register_ingreso,
    register_movimiento,
)
from tests.factories.cuentas import SISTEMA

OPENED = datetime(2026, 11, 18, 12, tzinfo=UTC)
"""18/11/2026 06:00 in Guatemala."""


def make_emergencia(departamentos: Sequence[str] = ("14",), **changes: Any) -> Emergencia:
    data = {"id": uuid7(), "nombre": "Tormenta de práctica", "tipo": "tormenta", "inicio": OPENED, **changes}
    with unit_of_work(SISTEMA):
        return declare_emergencia(EmergenciaNueva(departamentos=departamentos, **data))


def make_albergue(municipio: str = "1413", capacidad: int | None = 100, **changes: Any) -> Albergue:
    capacity = None if capacidad is None else CapacidadNueva(capacidad, "acta", date(2026, 1, 1))
    data = {"id": uuid7(), "nombre": "Salón de práctica", "tipo_inmueble": "salon_municipal", **changes}
    with unit_of_work(SISTEMA):
        return create_albergue(AlbergueNuevo(municipio=municipio, capacidad=capacity, **data))[0]


def make_activacion(
    albergue: Albergue | None = None,
    emergencia: Emergencia | None = None,
    abierta_en: datetime | None = OPENED,
    **changes: Any,
) -> Activacion:
    albergue = albergue or make_albergue()
    emergencia = emergencia or make_emergencia()
    data = {"id": uuid7(), "albergue_id": albergue.id, "emergencia_id": emergencia.id, **changes}
    with unit_of_work(SISTEMA):
        return create_activacion(ActivacionNueva(abierta_en=abierta_en, **data))[0]


def persona(**changes: Any) -> PersonaNueva:
    """A person to register: ``persona(sexo="mujer", edad=38)``."""
    data: dict[str, Any] = {
        "id": uuid7(),
        "nombres": "N/N",
        "sexo": "mujer",
        "edad": 30,
        "edad_unidad": "anios",
        **changes,
    }
    return PersonaNueva(**data)


def ingreso(
    activacion: Activacion, *personas: PersonaNueva, ocurrido_en: datetime | None = None, **changes: Any
) -> dict[str, Any]:
    """Check a household in; returns the resource."""
    data: dict[str, Any] = {"id": uuid7(), "familia_id": uuid7(), **changes}
    with unit_of_work(SISTEMA):
        return register_ingreso(
            IngresoNuevo(
                activacion_id=activacion.id,
                ocurrido_en=ocurrido_en or OPENED.replace(hour=18),
                personas=list(personas) or [persona()],
                **data,
            )
        )


def movimiento(
    activacion: Activacion, tipo: str, *personas: UUID, ocurrido_en: datetime, **changes: Any
) -> dict[str, Any]:
    """Move people; returns the resource."""
    data: dict[str, Any] = {"id": uuid7(), **changes}
    if tipo == "egreso":
        data.setdefault("destino", "familiar")
    with unit_of_work(SISTEMA):
        return register_movimiento(
            MovimientoNuevo(
                tipo=tipo,
                activacion_id=activacion.id,
                personas=list(personas),
                ocurrido_en=ocurrido_en,
                **data,
            )
        )
