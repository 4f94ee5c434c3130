"""Register a family outside shelters, or an estimate of how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import speakable_code
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion import dissociation
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.models import ClavePersona, Familia, Persona, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_fuera import (
    EstimacionFuera,
    FamiliaFuera,
    ModalidadFuera,
)
from albergues_app.ocupacion.services.animales import note_animals
from albergues_app.ocupacion.services.ingreso_rows import (
    IngresoNuevo,
    PersonaNueva,
    check_ingreso,
    family_values,
    membership_row,
    version_row,
)
from albergues_app.territorio.catalogo import catalogo


@dataclass(frozen=True)
class FamiliaFueraNueva:
    """A household that shelters itself, or is with a host family; ``lugar`` in words."""

    id: UUID
    emergencia_id: UUID
    familia_id: UUID
    municipio: str
    modalidad: str
    lugar: str
    personas: Sequence[PersonaNueva]
    desde: datetime
    telefono: str | None = None
    animales: Mapping[str, int] | None = None


def register_outside(datos: FamiliaFueraNueva) -> dict[str, Any]:
    """Write the family with its members as the desk of a shelter would, and where it is. No stay, no movement.

    :raises Invalid: nobody, no name, ages out of range, an unknown municipality or way of sheltering.
    """
    moment = clock.now()
    _check_place(datos.municipio, datos.modalidad)
    household = IngresoNuevo(
        id=datos.id,
        activacion_id=datos.id,
        ocurrido_en=datos.desde,
        personas=datos.personas,
        familia_id=datos.familia_id,
        municipio_procedencia=datos.municipio,
        telefono=datos.telefono,
    )
    avisos = [a for a in check_ingreso(household, moment) if a.codigo != "registro_tardio"]
    codigo = _free_code(datos.emergencia_id)
    versions = [version_row(p, household, moment, avisos, n) for n, p in enumerate(datos.personas)]
    bulk_insert(db.session, Familia, [family_values(household, datos.emergencia_id, codigo, moment)])
    bulk_insert(
        db.session,
        Persona,
        [{"id": p.id, "emergencia_id": datos.emergencia_id, "registrada_en": moment} for p in datos.personas],
    )
    bulk_insert(db.session, PersonaVersion, versions)
    bulk_insert(db.session, ClavePersona, [key for v in versions for key in key_rows(v)])
    bulk_insert(
        db.session,
        Pertenencia,
        [membership_row(p.id, datos.familia_id, p.parentesco, clock.ALWAYS, moment) for p in datos.personas],
    )
    actor = current_actor()
    db.session.add(
        FamiliaFuera(
            id=datos.id,
            municipio_codigo=datos.municipio,
            familia_id=datos.familia_id,
            emergencia_id=datos.emergencia_id,
            modalidad=datos.modalidad,
            lugar=clean(datos.lugar)[:200] or None,
            desde=datos.desde,
            hasta=None,
            registrado_en=moment,
            cuenta_id=actor.cuenta_id if actor else None,
        )
    )
    db.session.flush()
    note_animals(datos.familia_id, datos.animales or {})
    return {"id": str(datos.id), "codigo": codigo, "avisos": [a.as_dict() for a in avisos]}


def _check_place(municipio: str, modalidad: str) -> None:
    errors = []
    if municipio not in catalogo().municipios:
        errors.append(Aviso("municipio_desconocido", "Elija el municipio de la lista.", "municipio"))
    if modalidad not in set(ModalidadFuera):
        errors.append(Aviso("valor_desconocido", "Elija de la lista.", "modalidad"))
    if errors:
        raise Invalid(errors)


def _free_code(emergencia_id: UUID) -> str:
    f = Familia.__table__
    while True:
        codigo = speakable_code()
        taken = select(f.c.id).where(f.c.emergencia_id == emergencia_id, f.c.codigo == codigo)
        if db.session.scalar(taken) is None:
            return codigo


def end_outside(row: FamiliaFuera, hasta: datetime) -> None:
    """The family is no longer outside (it went home, or into a shelter).

    :raises RuleBroken: `ya_no_esta_fuera`; `fin_antes`.
    """
    if row.hasta is not None:
        raise RuleBroken("ya_no_esta_fuera", "Ya consta que esa familia no sigue ahí.")
    if hasta < row.desde:
        raise RuleBroken("fin_antes", "La hora es anterior a cuando se registró ahí. Revísela.", "hasta")
    row.hasta, row.fin_registrado_en = hasta, clock.now()
    db.session.flush()


@dataclass(frozen=True)
class EstimacionNueva:
    """A number said of a municipality, by whom and at what hour."""

    id: UUID
    emergencia_id: UUID
    municipio: str
    modalidad: str
    personas: int
    fuente: str
    corte: datetime
    familias: int | None = None


def note_estimate(datos: EstimacionNueva) -> list[Aviso]:
    """Write it; a newer one of the same place and way stands in its place, and the earlier ones stay.

    :raises Invalid: negatives, more families than persons, no source.
    """
    _check_place(datos.municipio, datos.modalidad)
    errors = []
    if datos.personas < 0 or (datos.familias or 0) < 0:
        errors.append(Aviso("numero_negativo", "Escriba un número de 0 en adelante.", "personas"))
    elif datos.familias is not None and datos.familias > datos.personas:
        errors.append(
            Aviso("familias_de_mas", "Hay más familias que personas. Revise los números.", "familias")
        )
    if not clean(datos.fuente):
        errors.append(Aviso("falta_fuente", "Escriba quién da el número.", "fuente"))
    if errors:
        raise Invalid(errors)
    actor = current_actor()
    db.session.add(
        EstimacionFuera(
            id=datos.id,
            municipio_codigo=datos.municipio,
            emergencia_id=datos.emergencia_id,
            modalidad=datos.modalidad,
            personas=datos.personas,
            familias=datos.familias,
            fuente=clean(datos.fuente)[:200],
            corte=datos.corte,
            registrado_en=clock.now(),
            cuenta_id=actor.cuenta_id if actor else None,
        )
    )
    db.session.flush()
    if datos.familias and not 1.5 <= datos.personas / datos.familias <= 12:
        share = f"Son {datos.personas / datos.familias:.1f} personas por familia. Revise el dato."
        return [Aviso("familias_dudosas", share, "familias")]
    return []


def forget_places(emergencia_id: UUID) -> None:
    """Where families were goes with the rest of what they told."""
    stmt = select(FamiliaFuera).where(
        FamiliaFuera.emergencia_id == emergencia_id, FamiliaFuera.lugar.is_not(None)
    )
    for row in db.session.scalars(stmt):
        row.lugar = None
    db.session.flush()


def count_places(emergencia_id: UUID) -> None:
    """How many of each family stayed outside, by sex, before nobody can say who they were. Once."""
    f, p, v, e = (m.__table__ for m in (FamiliaFuera, Pertenencia, PersonaVersion, Estancia))
    rank = func.row_number().over(
        partition_by=p.c.persona_id,
        order_by=(p.c.vigente_desde.desc(), p.c.registrado_en.desc(), p.c.id.desc()),
    )
    member = select(p.c.persona_id, p.c.familia_id, rank.label("n")).subquery()
    came_in = or_(e.c.egreso_en.is_(None), e.c.ingreso_en >= f.c.desde)
    inside = select(e.c.id).where(
        e.c.persona_id == member.c.persona_id,
        came_in,
        e.c.ingreso_en < func.coalesce(f.c.hasta, clock.FOREVER),
    )
    stmt = (
        select(f.c.id, v.c.sexo, func.count().label("personas"))
        .join_from(f, member, (member.c.familia_id == f.c.familia_id) & (member.c.n == 1))
        .join(v, (v.c.persona_id == member.c.persona_id) & v.c.actual)
        .where(
            f.c.emergencia_id == emergencia_id, f.c.mujeres.is_(None), ~inside.correlate(f, member).exists()
        )
        .group_by(f.c.id, v.c.sexo)
    )
    found: dict[UUID, dict[str, int]] = {}
    for key, sexo, personas in db.session.execute(stmt):
        found.setdefault(key, {})[sexo] = personas
    uncounted = select(FamiliaFuera).where(
        FamiliaFuera.emergencia_id == emergencia_id, FamiliaFuera.mujeres.is_(None)
    )
    for row in db.session.scalars(uncounted):
        by_sex = found.get(row.id, {})
        row.mujeres, row.hombres = by_sex.get("mujer", 0), by_sex.get("hombre", 0)
        row.no_registrado = by_sex.get("no_registrado", 0)
    db.session.flush()


dissociation.BEFORE.append(count_places)
dissociation.ALSO.append(forget_places)
dissociation.WIPED.append(FamiliaFuera)
