"""Write a roll-call, and what people answer about who was not there. Nobody leaves by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models import PersonaVersion
from albergues_app.ocupacion.places_left import OPEN_STATES
from albergues_app.ocupacion.services import MovimientoNuevo, ParteNuevo, register_movimiento, register_parte
from albergues_app.pases.models import Marca, PaseLista, PreguntaAusencia, Respuesta
from albergues_app.pases.queries import Esperada, expected, open_questions

MOST_UNLISTED = 10_000


@dataclass(frozen=True)
class PaseNuevo:
    """A roll-call. ``marcas``: what was tapped of each person; who is not in it was not seen."""

    id: UUID
    activacion_id: UUID
    ocurrido_en: datetime
    marcas: Mapping[UUID, Marca]
    sin_registro: int = 0
    enviar_parte: bool = False


@dataclass
class _Said:
    presentes: list[Esperada] = field(default_factory=list)
    volvieron: list[Esperada] = field(default_factory=list)
    ausentes: list[Esperada] = field(default_factory=list)
    fuera: list[Esperada] = field(default_factory=list)
    sin_ver: list[Esperada] = field(default_factory=list)


def register_pase(datos: PaseNuevo) -> dict[str, Any]:
    """Keep the roll-call; who was outside and is here comes back, who is not here becomes a question.

    :raises NotFound: no such activation. :raises RuleBroken: `activacion_cerrada`, `antes_de_apertura`.
    """
    moment = clock.now()
    activacion = db.session.get(Activacion, datos.activacion_id, with_for_update=True)
    if activacion is None:
        raise NotFound()
    if activacion.estado not in OPEN_STATES or activacion.abierta_en is None:
        raise RuleBroken("activacion_cerrada", "Este albergue no está abierto.", "activacion")
    if datos.ocurrido_en < activacion.abierta_en:
        raise RuleBroken(
            "antes_de_apertura", "La hora es anterior a la apertura del albergue.", "ocurrido_en"
        )
    if not 0 <= datos.sin_registro <= MOST_UNLISTED:
        raise Invalid([Aviso("numero_fuera", f"El número va de 0 a {MOST_UNLISTED:,}.", "sin_registro")])
    people = expected(activacion.id)
    said = _sort(people, datos.marcas)
    gone = len(set(datos.marcas) - {p.persona_id for p in people})
    if said.volvieron:
        back = [p.persona_id for p in said.volvieron]
        register_movimiento(
            MovimientoNuevo(uuid5(datos.id, "retorno"), "retorno", activacion.id, back, datos.ocurrido_en)
        )
    avisos: list[Aviso] = []
    if gone:
        avisos.append(
            Aviso("ya_no_consta", f"{gone} de las marcadas ya no constan dentro; no se contaron.", "personas")
        )
    here = [*said.presentes, *said.volvieron]
    parte_id = _send_count(datos, here) if datos.enviar_parte else None
    actor = current_actor()
    counts = {
        "esperadas": len(people),
        "presentes": len(here),
        "ausentes": len(said.ausentes),
        "fuera": len(said.fuera),
        "sin_ver": len(said.sin_ver),
        "volvieron": len(said.volvieron),
        "sin_registro": datos.sin_registro,
    }
    place = {"municipio_codigo": activacion.municipio_codigo, "albergue_codigo": activacion.albergue_codigo}
    detail = {name: [str(p.persona_id) for p in group] for name, group in vars(said).items()}
    row = {
        "id": datos.id,
        "activacion_id": activacion.id,
        **place,
        **counts,
        "ocurrido_en": datos.ocurrido_en,
        "registrado_en": moment,
        "cuenta_id": actor.cuenta_id if actor else None,
        "parte_id": parte_id,
        "detalle": seal_json(seal_for(activacion.emergencia_id), detail, "pase_lista.detalle"),
    }
    bulk_insert(db.session, PaseLista, [row])
    _supersede(activacion.id, moment, {p.persona_id for p in said.sin_ver})
    bulk_insert(
        db.session,
        PreguntaAusencia,
        [
            {
                "id": uuid7(),
                "pase_id": datos.id,
                "activacion_id": activacion.id,
                **place,
                "persona_id": p.persona_id,
                "familia_id": p.familia_id,
                "clase": clase,
                "desde": p.salio_en or datos.ocurrido_en,
                "respuesta": None,
                "respondida_en": None,
                "cuenta_id": None,
            }
            for clase, group in (("ausente", said.ausentes), ("fuera", said.fuera))
            for p in group
        ],
    )
    return {
        "id": str(datos.id),
        "activacion": str(activacion.id),
        **counts,
        "parte": str(parte_id) if parte_id else None,
        "ocurrido_en": clock.iso(datos.ocurrido_en),
        "registrado_en": clock.iso(moment),
        "avisos": [a.as_dict() for a in avisos],
    }


def _sort(people: Sequence[Esperada], marcas: Mapping[UUID, Marca]) -> _Said:
    said = _Said()
    for p in people:
        mark = marcas.get(p.persona_id, Marca.SIN_VER)
        if p.salio_en is not None:
            (said.volvieron if mark is Marca.AQUI else said.fuera).append(p)
        elif mark is Marca.AQUI:
            said.presentes.append(p)
        else:
            (said.ausentes if mark is Marca.NO_ESTA else said.sin_ver).append(p)
    return said


def _send_count(datos: PaseNuevo, here: Sequence[Esperada]) -> UUID:
    v = PersonaVersion.__table__
    ids = [p.persona_id for p in here]
    sexes = list(db.session.scalars(select(v.c.sexo).where(v.c.persona_id.in_(ids), v.c.actual)))
    parte_id = uuid5(datos.id, "parte")
    register_parte(
        ParteNuevo(
            parte_id,
            datos.activacion_id,
            datos.ocurrido_en,
            "conteo_fisico",
            len(here) + datos.sin_registro,
            None if datos.sin_registro else len({p.familia_id for p in here}),
            None if datos.sin_registro else sexes.count("mujer"),
            None if datos.sin_registro else sexes.count("hombre"),
        )
    )
    return parte_id


def _supersede(activacion_id: UUID, moment: datetime, unseen: set[UUID]) -> None:
    """What nobody answered of an earlier roll-call is asked again by this one, or needs no asking.

    Of whom this one says nothing, the earlier question goes on.
    """
    stmt = select(PreguntaAusencia).where(
        PreguntaAusencia.activacion_id == activacion_id, PreguntaAusencia.respuesta.is_(None)
    )
    for row in db.session.scalars(stmt):
        if row.persona_id not in unseen:
            row.respuesta, row.respondida_en = Respuesta.OTRA_LISTA.value, moment
    db.session.flush()


@dataclass(frozen=True)
class RespuestasNuevas:
    """What is said of some of the questions of an activation, by person."""

    id: UUID
    activacion_id: UUID
    respuestas: Mapping[UUID, Respuesta]
    ocurrido_en: datetime
    destino: str | None = None


def answer_ausencias(datos: RespuestasNuevas) -> dict[str, Any]:
    """Write the answers, and in the ledger what they say: a return, a departure, an exit for a while.

    :raises NotFound: a person of whom nothing is asked here. :raises Invalid: nobody answered; a departure
        without its destination. :raises RuleBroken: what the ledger cannot tell.
    """
    moment = clock.now()
    if db.session.get(Activacion, datos.activacion_id, with_for_update=True) is None:
        raise NotFound()
    asked = {q.persona_id: q for q in open_questions([datos.activacion_id])}
    if not datos.respuestas:
        raise Invalid([Aviso("falta_respuesta", "Responda por lo menos de una persona.", None)])
    if set(datos.respuestas) - set(asked):
        raise NotFound()
    moves: dict[str, list[UUID]] = {"retorno": [], "egreso": [], "salida_temporal": []}
    for persona, answer in datos.respuestas.items():
        outside = asked[persona].clase == "fuera"
        if answer is Respuesta.SE_FUE:
            moves["egreso"].append(persona)
        elif answer in {Respuesta.VOLVIO, Respuesta.ESTA_AQUI} and outside:
            moves["retorno"].append(persona)
        elif answer is Respuesta.SIGUE_FUERA and not outside:
            moves["salida_temporal"].append(persona)
    for tipo, people in moves.items():
        if people:
            register_movimiento(
                MovimientoNuevo(
                    uuid5(datos.id, tipo),
                    tipo,
                    datos.activacion_id,
                    sorted(people),
                    datos.ocurrido_en,
                    destino=datos.destino if tipo == "egreso" else None,
                )
            )
    actor = current_actor()
    stmt = select(PreguntaAusencia).where(PreguntaAusencia.id.in_([asked[p].id for p in datos.respuestas]))
    for row in db.session.scalars(stmt):
        row.respuesta, row.respondida_en = datos.respuestas[row.persona_id].value, moment
        row.cuenta_id = actor.cuenta_id if actor else None
    db.session.flush()
    return {
        "id": str(datos.id),
        "activacion": str(datos.activacion_id),
        "respondidas": len(datos.respuestas),
        **{tipo: len(people) for tipo, people in moves.items()},
        "avisos": [],
    }
