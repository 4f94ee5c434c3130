"""The declared count: only numbers, beside the nominal register and never mixed with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import UTCDateTime, db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.flujo import ENTRAN, SALEN, around, net
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services.descuadre import follow_descuadre, healed

FAR_PERSONS, FAR_SHARE = 3, 0.1
"""A count that nobody made one by one is told to be far from the register past three persons and a tenth of it."""


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
    conteo_fisico: int | None = None
    pernoctaron: int | None = None
    raciones: int | None = None


def register_parte(datos: ParteNuevo) -> dict[str, Any]:
    """Write the count. Implausible numbers warn (dominio.md 2.4.8); impossible ones are refused.

    :raises Invalid: negatives; women and men above the total; more families than persons.
    :raises RuleBroken: the shelter was not open at that hour.
    """
    activacion, avisos = judge_parte(datos)
    actor = current_actor()
    moment = clock.now()
    healed(activacion.id, moment)
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
            conteo_fisico=datos.conteo_fisico,
            pernoctaron=datos.pernoctaron,
            raciones=datos.raciones,
            nota=datos.nota,
            cuenta_id=actor.cuenta_id if actor else None,
            registrado_en=moment,
        )
    )
    db.session.flush()
    follow_descuadre(activacion, moment)
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


def judge_parte(datos: ParteNuevo) -> tuple[Activacion, list[Aviso]]:
    """The activation and what there is to tell of a count; writes nothing. Same refusals as ``register_parte``."""
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
    return activacion, _warnings(datos)


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
    return [*avisos, *_against_register(datos)]


def _against_register(datos: ParteNuevo) -> list[Aviso]:
    """What the register held at that hour, and what it says moved since the parte before."""
    found: list[Aviso] = []
    previous = parte_before(datos.activacion_id, datos.corte)
    since = datos.corte if previous is None else previous.corte
    nominal, flow = around(datos.activacion_id, since, datos.corte)
    gap = abs(nominal - datos.personas)
    if nominal and gap and (datos.fuente == "conteo_fisico" or gap > max(FAR_PERSONS, nominal * FAR_SHARE)):
        found.append(
            Aviso(
                "difiere_del_registro",
                f"El registro tiene {nominal} personas y el conteo {datos.personas}.",
                "personas",
            )
        )
    if previous is None or not nominal:
        return found
    expected = previous.personas + net(flow)
    if expected != datos.personas:
        entered, left = sum(flow[t] for t in ENTRAN), sum(flow[t] for t in SALEN)
        found.append(
            Aviso(
                "no_cuadra_con_anterior",
                f"El parte anterior decía {previous.personas}; entraron {entered} y salieron {left}: "
                f"serían {expected}, no {datos.personas}.",
                "personas",
            )
        )
    return found


_BEFORE = (
    select(Parte)
    .where(
        Parte.activacion_id == bindparam("activacion"), Parte.corte < bindparam("corte", type_=UTCDateTime())
    )
    .order_by(Parte.corte.desc(), Parte.registrado_en.desc(), Parte.id.desc())
    .limit(1)
)


def parte_before(activacion_id: UUID, corte: datetime) -> Parte | None:
    """The newest parte of an earlier cut."""
    return db.session.scalar(_BEFORE, {"activacion": activacion_id, "corte": corte})
