"""Join two records that are one human being, and part them again: both write history, neither deletes anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.identidad.models import UnionPersonas
from albergues_app.ocupacion.models import Persona, PosibleDuplicado, RespuestaDuplicado
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.union import (
    Cruce,
    corrections,
    crossings,
    follow_children,
    lock_records,
    reassign,
    undo_corrections,
)
from albergues_app.ocupacion.unidas import gather, speakers

CONTEXTO = "union_personas.motivo"


@dataclass(frozen=True)
class UnionNueva:
    """Somebody says that two records are one human being; ``cruce`` where both stand inside at the same time."""

    id: UUID
    una: UUID
    otra: UUID
    motivo: str
    cruce: Cruce | None = None


def join_personas(datos: UnionNueva) -> dict[str, Any]:
    """Join them: from now on one of the two speaks for both, and each keeps answering by its own id.

    The one whose stay stands speaks; without stays at the same time, the one whose last stay began later. The
    caller's unit of work commits.

    :raises NotFound: one of them is no person. :raises RuleBroken: `ya_unidas`; `falta_cruce`, `cruce_no_vale`,
        `estancias_cruzadas`; what the ledger of one human being cannot tell. :raises NeedsTwoPersons: a child who
        is inside would be nowhere by one account.
    """
    lock_records([datos.una, datos.otra])
    lock_records(list(gather([datos.una, datos.otra])))
    speaks = speakers([datos.una, datos.otra])
    one, other = speaks[datos.una], speaks[datos.otra]
    if one == other:
        raise RuleBroken("ya_unidas", "Esos dos registros ya son de una misma persona.")
    records = gather([one, other])
    known = set(db.session.scalars(select(Persona.id).where(Persona.id.in_(records))))
    if known != set(records):
        raise NotFound()
    crossing = crossings(one, other)
    rows: list[dict[str, Any]] = []
    if len(crossing) > 1:
        raise RuleBroken(
            "estancias_cruzadas",
            "Sus estancias se cruzan más de una vez. Corrija primero los movimientos en «Personas» de cada albergue, "
            "y vuelva a unir.",
            "cruce",
        )
    if crossing:
        if datos.cruce is None:
            raise RuleBroken(
                "falta_cruce",
                "Consta en dos lugares a la vez. Elija qué pasó con sus dos estancias.",
                "cruce",
            )
        rows = corrections(crossing[0], datos.cruce, datos.id, datos.motivo)
        speaker = crossing[0].standing(datos.cruce).persona_id
    else:
        speaker = _latest(one, other)
    joined = other if speaker == one else one
    _keep(
        datos.id,
        "union",
        speaker,
        joined,
        datos.motivo,
        datos.cruce.value if crossing and datos.cruce else None,
    )
    reassign({record: None if record == speaker else speaker for record in records}, rows)
    _answer(records, records, RespuestaDuplicado.MISMA)
    avisos = follow_children(crossing[0], datos.cruce) if crossing and datos.cruce else []
    return {
        "id": str(datos.id),
        "habla": str(speaker),
        "unida": str(joined),
        "correcciones": len(rows),
        "avisos": [a.as_dict() for a in avisos],
    }


def part_personas(union_id: UUID, op_id: UUID, motivo: str) -> dict[str, Any]:
    """Undo a union: each record has again what it had, and the pair is to be decided anew.

    :raises NotFound: there is no such union. :raises RuleBroken: `falta_motivo`, `ya_separadas`, `no_se_separa`.
    """
    union = db.session.get(UnionPersonas, union_id)
    if union is None or union.clase != "union":
        raise NotFound()
    if not clean(motivo):
        raise RuleBroken("falta_motivo", "Escriba por qué se separan.", "motivo")
    lock_records(list(gather([union.unida_id, union.habla_id])))
    records = gather([union.unida_id, union.habla_id])
    parents = _parents(records)
    if parents.get(union.unida_id, (None, None))[1] != union_id:
        raise RuleBroken("ya_separadas", "Esa unión ya se había deshecho.")
    del parents[union.unida_id]
    roots = {record: _root(record, parents) for record in records}
    rows = undo_corrections(union_id, op_id, motivo)
    _keep(op_id, "separacion", union.habla_id, union.unida_id, motivo, None, union_id)
    try:
        reassign({record: None if root == record else root for record, root in roots.items()}, rows)
    except RuleBroken as refused:
        raise RuleBroken(
            "no_se_separa",
            "Después de unirlas se anotaron movimientos que no se pueden repartir entre las dos. Anúlelos primero en "
            f"«Personas» y vuelva a separar. ({refused.mensaje})",
        ) from refused
    apart = {record for record, root in roots.items() if root == roots[union.unida_id]}
    _answer(apart, set(records) - apart, RespuestaDuplicado.NO_SE)
    return {"id": str(op_id), "deshace": str(union_id), "correcciones": len(rows), "avisos": []}


def _latest(one: UUID, other: UUID) -> UUID:
    """Whose last stay began later; the first given when neither has any."""
    e = table_of(Estancia)
    row = run(
        select(e.c.persona_id)
        .where(e.c.persona_id.in_((one, other)))
        .order_by(e.c.egreso_en.is_(None).desc(), e.c.ingreso_en.desc(), e.c.id.desc())
        .limit(1)
    ).first()
    return one if row is None else row.persona_id


def _keep(
    row_id: UUID,
    clase: str,
    speaker: UUID,
    joined: UUID,
    motivo: str,
    cruce: str | None,
    undoes: UUID | None = None,
) -> None:
    e, a = table_of(Estancia), table_of(Activacion)
    place = run(
        select(e.c.municipio_codigo, e.c.albergue_codigo, a.c.emergencia_id)
        .join_from(e, a, a.c.id == e.c.activacion_id)
        .where(e.c.persona_id.in_(list(gather([speaker, joined]))))
        .order_by((e.c.persona_id == speaker).desc(), e.c.ingreso_en.desc())
        .limit(1)
    ).first()
    if place is None:  # both check-ins were annulled: there is nobody to join
        raise RuleBroken("sin_estancia", "Ninguna de las dos tiene una estancia que cuente.")
    actor = current_actor()
    text = clean(motivo)
    db.session.add(
        UnionPersonas(
            id=row_id,
            clase=clase,
            habla_id=speaker,
            unida_id=joined,
            deshace_id=undoes,
            cruce=cruce,
            municipio_codigo=place.municipio_codigo,
            albergue_codigo=place.albergue_codigo,
            emergencia_id=place.emergencia_id,
            motivo=seal_json(seal_for(place.emergencia_id), text, CONTEXTO) if text else None,
            cuenta_id=actor.cuenta_id if actor else None,
            registrado_en=clock.now(),
        )
    )
    db.session.flush()


def _parents(records: Collection[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Of each record joined and not parted: to which record, and by which union."""
    u = table_of(UnionPersonas)
    undone = select(u.c.deshace_id).where(u.c.deshace_id.is_not(None))
    rows = run(
        select(u.c.unida_id, u.c.habla_id, u.c.id).where(
            u.c.clase == "union", u.c.unida_id.in_(records), u.c.id.not_in(undone)
        )
    )
    return {row.unida_id: (row.habla_id, row.id) for row in rows}


def _root(record: UUID, parents: Mapping[UUID, tuple[UUID, UUID]]) -> UUID:
    while record in parents:
        record = parents[record][0]
    return record


def _answer(some: Collection[UUID], others: Collection[UUID], answer: RespuestaDuplicado) -> None:
    """What is now said of the pairs between these records."""
    d = PosibleDuplicado
    actor = current_actor()
    for row in db.session.scalars(select(d).where(d.persona_id.in_({*some, *others}))):
        ends = {row.persona_id, row.otra_id}
        if ends & set(some) and ends & set(others) and ends <= {*some, *others}:
            row.respuesta, row.respondido_en = answer.value, clock.now()
            row.cuenta_id = actor.cuenta_id if actor else None
    db.session.flush()
