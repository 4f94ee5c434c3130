"""Capacity computed from what was measured (dominio.md part 3): the least that a resource covers, and which.

``cap = min(floor(A / 3.5), inodoros * 50 up to 72 h or * 20 after, duchas * 50, floor(litros / 15))``. The
figures are Sphere's and UNHCR's, settings of the instance. What was not measured stays unknown and is named,
never taken as 0; without covered area there is no computed capacity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Capacidad, ClaseCapacidad, MedidaSitio
from albergues_app.albergues.services import CapacidadNueva, add_capacidad
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean

FUENTE = "calculada por la norma (Esfera)"


@dataclass(frozen=True)
class Normas:
    """What a person needs of each resource."""

    m2_persona: float
    personas_inodoro_72h: int
    personas_inodoro: int
    personas_ducha: int
    litros_persona: int

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Normas:
        return cls(
            m2_persona=settings["SOBRECUPO_M2_PERSONA"],
            personas_inodoro_72h=settings["PERSONAS_POR_INODORO_72H"],
            personas_inodoro=settings["PERSONAS_POR_INODORO"],
            personas_ducha=settings["PERSONAS_POR_DUCHA"],
            litros_persona=settings["LITROS_POR_PERSONA"],
        )


@dataclass(frozen=True)
class Limite:
    """How many persons one resource covers; None where it was not measured."""

    recurso: str
    hay: str
    norma: str
    personas: int | None


@dataclass(frozen=True)
class CapacidadCalculada:
    """The least of the limits, which resource binds, and what is still unknown."""

    personas: int | None
    limita: str | None
    limites: tuple[Limite, ...]

    @property
    def sin_dato(self) -> list[str]:
        return [x.recurso for x in self.limites if x.personas is None]

    @property
    def conocidos(self) -> list[Limite]:
        """What is known, the scarcest first."""
        return sorted((x for x in self.limites if x.personas is not None), key=lambda x: x.personas or 0)


def compute_capacidad(
    medida: MedidaSitio | None, normas: Normas, *, hasta_72h: bool = False, autorizada: int | None = None
) -> CapacidadCalculada:
    """What the site can bear by the standard; ``autorizada`` (by act) bounds it too when given."""
    area = medida.area_m2 if medida else None
    inodoros = medida.inodoros if medida else None
    duchas = medida.duchas if medida else None
    agua = medida.agua_litros_dia if medida else None
    por_inodoro = normas.personas_inodoro_72h if hasta_72h else normas.personas_inodoro
    limites = [
        Limite(
            "Espacio",
            _amount(area, "m²"),
            f"{normas.m2_persona:g} m² por persona",
            None if area is None else math.floor(round(area / normas.m2_persona, 9)),
        ),
        Limite(
            "Inodoros",
            _amount(inodoros, ""),
            f"1 por {por_inodoro} personas",
            None if inodoros is None else inodoros * por_inodoro,
        ),
        Limite(
            "Duchas",
            _amount(duchas, ""),
            f"1 por {normas.personas_ducha} personas",
            None if duchas is None else duchas * normas.personas_ducha,
        ),
        Limite(
            "Agua",
            _amount(agua, "L/día"),
            f"{normas.litros_persona} L por persona",
            None if agua is None else agua // normas.litros_persona,
        ),
    ]
    if autorizada is not None:
        limites.append(Limite("Acta", f"{autorizada:,}", "capacidad autorizada", autorizada))
    known = [x for x in limites if x.personas is not None]
    if area is None or not known:
        return CapacidadCalculada(None, None, tuple(limites))
    binding = min(known, key=lambda x: x.personas or 0)
    return CapacidadCalculada(binding.personas, binding.recurso, tuple(limites))


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return "sin dato"
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{text} {unit}".strip()


def latest_medida(albergue_id: UUID) -> MedidaSitio | None:
    """The measures in force: the newest by date, then by when they were written."""
    return db.session.scalar(
        select(MedidaSitio)
        .where(MedidaSitio.albergue_id == albergue_id)
        .order_by(MedidaSitio.fecha.desc(), MedidaSitio.registrado_en.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class MedidaNueva:
    """What somebody measured on a day; None: not measured."""

    area_m2: float | None
    inodoros: int | None
    duchas: int | None
    agua_litros_dia: int | None
    fuente: str
    fecha: Any


def add_medida(albergue_id: UUID, datos: MedidaNueva, normas: Normas) -> list[Aviso]:
    """Keep the measures and the capacities that follow from them, for the first 72 hours and after.

    :raises Invalid: nothing was measured.
    """
    if (
        datos.area_m2 is None
        and datos.inodoros is None
        and datos.duchas is None
        and datos.agua_litros_dia is None
    ):
        raise Invalid([Aviso("falta_medida", "Escriba al menos una medida.", "area_m2")])
    medida = MedidaSitio(
        id=uuid7(),
        albergue_id=albergue_id,
        area_m2=datos.area_m2,
        inodoros=datos.inodoros,
        duchas=datos.duchas,
        agua_litros_dia=datos.agua_litros_dia,
        fuente=clean(datos.fuente),
        fecha=datos.fecha,
        registrado_en=clock.now(),
    )
    db.session.add(medida)
    for regimen, hasta_72h in (("general", False), ("emergencia", True)):
        found = compute_capacidad(medida, normas, hasta_72h=hasta_72h)
        if found.personas is not None:
            add_capacidad(
                albergue_id,
                CapacidadNueva(found.personas, FUENTE, datos.fecha, ClaseCapacidad.CALCULADA, regimen),
                found.limita,
            )
    db.session.flush()
    if datos.area_m2 is None:
        return [
            Aviso("sin_area", "Sin el área techada no se calcula la capacidad: queda «sin dato».", "area_m2")
        ]
    return []


def capacidades_of(albergue_id: UUID) -> list[Capacidad]:
    """Every statement of capacity of a site, the newest first."""
    stmt = select(Capacidad).where(Capacidad.albergue_id == albergue_id)
    return list(db.session.scalars(stmt.order_by(Capacidad.fecha.desc(), Capacidad.registrado_en.desc())))
