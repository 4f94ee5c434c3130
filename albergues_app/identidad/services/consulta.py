"""Ask the sede of another territory, and answer: yes, no or «llame». No datum of the person travels either way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts import budget
from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.core.errors import RuleBroken, TooMany
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.identidad.models import Consulta, RespuestaConsulta
from albergues_app.identidad.services.union import UnionNueva, join_personas
from albergues_app.ocupacion.matches import Busqueda, match_ids
from albergues_app.ocupacion.models import Persona, RespuestaDuplicado
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.union import Cruce, crossings
from albergues_app.ocupacion.unidas import speakers
from albergues_app.ocupacion.visibility import seen_personas

CONTEXTO = "consulta.escrito"
MOST = 3
ASKED = "Se preguntó a la sede que corresponde. Guarde el ingreso; la respuesta llega a «Consultas»."


def ask_elsewhere(
    identity: Identity, activacion: Activacion, busqueda: Busqueda, nueva_id: UUID
) -> dict[str, Any]:
    """Write a question for each possible record of another territory; the same words however many there are.

    :raises RuleBroken: `nada_que_preguntar`. :raises TooMany: the account's hints of this hour are spent.
    """
    if not budget.count(identity, budget.INDICIO):
        raise TooMany("Ya preguntó demasiadas veces en esta hora. Llame a su sede.", 3600)
    candidates = speakers(match_ids([busqueda], [nueva_id])[0])
    elsewhere = set(candidates.values()) - seen_personas(identity, candidates.values())
    e, moment = table_of(Estancia), clock.now()
    actor = current_actor()
    typed = {k: str(v) for k, v in asdict(busqueda).items() if v not in (None, "") and k != "cui"}
    sealed = seal_json(seal_for(activacion.emergencia_id), typed, CONTEXTO)
    asked = set(
        db.session.scalars(
            select(Consulta.persona_id).where(
                Consulta.nueva_id == nueva_id, Consulta.persona_id.in_(elsewhere)
            )
        )
    )
    written = len(asked)
    for persona_id in [i for i in dict.fromkeys(candidates.values()) if i in elsewhere - asked][:MOST]:
        place = run(
            select(e.c.municipio_codigo, e.c.albergue_codigo)
            .where(e.c.persona_id == persona_id)
            .order_by(e.c.egreso_en.is_(None).desc(), e.c.ingreso_en.desc())
            .limit(1)
        ).first()
        if place is None:
            continue
        written += 1
        db.session.add(
            Consulta(
                id=uuid7(),
                persona_id=persona_id,
                nueva_id=nueva_id,
                pide_activacion_id=activacion.id,
                pide_cuenta_id=actor.cuenta_id if actor else None,
                municipio_codigo=place.municipio_codigo,
                albergue_codigo=place.albergue_codigo,
                emergencia_id=activacion.emergencia_id,
                escrito=sealed,
                pedida_en=moment,
            )
        )
    if not written:
        raise RuleBroken("nada_que_preguntar", "Ya no hay un posible registro en otro lugar.")
    db.session.flush()
    return {"id": str(nueva_id), "mensaje": ASKED, "avisos": []}


def answer_consulta(consulta_id: UUID, respuesta: RespuestaConsulta, unir: bool = True) -> dict[str, Any]:
    """Write the answer. «Sí» joins the two records when the desk has registered its own.

    Where somebody must say what happened to their stays, or with ``unir`` False, the pair waits for the national
    office, said to be the same.

    :raises RuleBroken: `ya_respondida`; what the ledger of one human being cannot tell.
    """
    row = db.session.get_one(Consulta, consulta_id, with_for_update=True)
    if row.respuesta in {RespuestaConsulta.SI, RespuestaConsulta.NO}:
        raise RuleBroken("ya_respondida", "Esa consulta ya tiene respuesta.")
    actor = current_actor()
    row.respuesta, row.respondida_en = respuesta.value, clock.now()
    row.cuenta_id = actor.cuenta_id if actor else None
    db.session.flush()
    joined = False
    if respuesta is RespuestaConsulta.SI and db.session.get(Persona, row.nueva_id) is not None:
        joined = _join(row, unir)
    return {"id": str(row.id), "respuesta": respuesta.value, "unida": joined, "avisos": []}


def _join(row: Consulta, unir: bool) -> bool:
    """Join them if nothing has to be decided: she passed from there to where she is now registered."""
    speaks = speakers([row.persona_id, row.nueva_id])
    known, new = speaks[row.persona_id], speaks[row.nueva_id]
    if known == new:
        return True
    crossing = crossings(known, new)
    plain = not crossing or (
        len(crossing) == 1 and crossing[0].segunda.persona_id == new and Cruce.PASO in crossing[0].choices()
    )
    if plain and unir:
        cruce = Cruce.PASO if crossing else None
        join_personas(UnionNueva(uuid7(), known, new, "La sede consultada dijo que es la misma", cruce))
        return True
    note_duplicados(row.pide_activacion_id, "registro", {(new, known): RespuestaDuplicado.MISMA})
    return False
