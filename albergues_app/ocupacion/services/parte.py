"""The declared count: only numbers, beside the nominal register and never mixed with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models import Parte
from albergues_app.ocupacion.services.ingreso import count_inside


@dataclass(frozen=True)
class ParteNuevo:
    """How many were counted at ``corte``, and how (`conteo_fisico`, `registro_nominal`, `estimacion`)."""

    id: UUID
    activacion_id: UUID
    corte: datetime
    fuente: str
    personas: int
    familias: int | None = None
    mujeres: int | None = None
    hombres: int | None = None
    nota: str | None = None


def register_parte(datos: ParteNuevo) -> dict[str, Any]:
    """Write the count. Implausible numbers warn (dominio.md 2.4.8); impossible ones are refused.

    :raises Invalid: negatives; women and men above the total; more families than persons.
    :raises RuleBroken: the shelter was not open at that hour.
    """
    activacion = db.session.get(Activacion, datos.activacion_id)
    if activacion is None:
        raise NotFound()
    _check(datos)
    if activacion.abierta_en is None or activacion.estado == "anulada":
        raise RuleBroken(
            "activacion_no_abierta", "Este albergue todavía no abre. Anote primero su apertura.", "activacion"
        )
    if datos.corte < activacion.abierta_en:
        raise RuleBroken("antes_de_apertura", "El corte es anterior a la apertura del albergue.", "corte")
    if activacion.cerrada_en is not None and datos.corte > activacion.cerrada_en:
        raise RuleBroken("activacion_cerrada", "El corte es posterior al cierre del albergue.", "corte")
    avisos = _warnings(datos)
    actor = current_actor()
    moment = clock.now()
    db.session.add(
        Parte(
            id=datos.id,
            activacion_id=activacion.id,
            municipio_codigo=activacion.municipio_codigo,
            albergue_codigo=activacion.albergue_codigo,
            corte=datos.corte,
            fuente=datos.fuente,
            personas=datos.personas,
            familias=datos.familias,
            mujeres=datos.mujeres,
            hombres=datos.hombres,
            nota=datos.nota,
            cuenta_id=actor.cuenta_id if actor else None,
            registrado_en=moment,
        )
    )
    db.session.flush()
    return {
        "id": str(datos.id),
        "activacion": str(datos.activacion_id),
        "corte": clock.iso(datos.corte),
        "fuente": datos.fuente,
        "personas": datos.personas,
        "familias": datos.familias,
        "mujeres": datos.mujeres,
        "hombres": datos.hombres,
        "registrado_en": clock.iso(moment),
        "avisos": [a.as_dict() for a in avisos],
    }


def _check(datos: ParteNuevo) -> None:
    errors: list[Aviso] = []
    for campo in ("personas", "familias", "mujeres", "hombres"):
        value = getattr(datos, campo)
        if value is not None and value < 0:
            errors.append(Aviso("numero_negativo", "Escriba un número de 0 en adelante.", campo))
    if not errors and (datos.mujeres or 0) + (datos.hombres or 0) > datos.personas:
        errors.append(
            Aviso(
                "suma_mayor", "Mujeres y hombres suman más que las personas. Revise los números.", "mujeres"
            )
        )
    if not errors and datos.familias is not None and datos.familias > datos.personas:
        errors.append(
            Aviso("familias_de_mas", "Hay más familias que personas. Revise los números.", "familias")
        )
    if errors:
        raise Invalid(errors)


def _warnings(datos: ParteNuevo) -> list[Aviso]:
    avisos: list[Aviso] = []
    if (
        datos.mujeres is not None
        and datos.hombres is not None
        and datos.mujeres + datos.hombres < datos.personas
    ):
        rest = datos.personas - datos.mujeres - datos.hombres
        avisos.append(Aviso("suma_menor", f"{rest} personas quedan sin sexo anotado.", "mujeres"))
    if datos.familias and not 1.5 <= datos.personas / datos.familias <= 12:
        avisos.append(
            Aviso(
                "familias_dudosas",
                f"Son {datos.personas / datos.familias:.1f} personas por familia. Revise el dato.",
                "familias",
            )
        )
    nominal = count_inside(datos.activacion_id)
    if nominal and nominal != datos.personas and datos.fuente == "conteo_fisico":
        avisos.append(
            Aviso(
                "difiere_del_registro",
                f"El registro tiene {nominal} personas y el conteo {datos.personas}.",
                "personas",
            )
        )
    return avisos
