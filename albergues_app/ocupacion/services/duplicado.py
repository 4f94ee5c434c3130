"""Possible matches are kept and answered by people. Nothing is merged, moved or dropped by an answer."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.models import PosibleDuplicado, RespuestaDuplicado
from albergues_app.ocupacion.unidas import speakers

_D = PosibleDuplicado.__table__
_CHUNK = 500


def note_duplicados(
    activacion_id: UUID, origen: str, pares: Mapping[tuple[UUID, UUID], RespuestaDuplicado]
) -> int:
    """Keep the matches shown for persons just registered, with what was answered; returns how many wait for an answer.

    ``pares``: (person registered, person known already) → answer. A pair known already keeps its answer.
    """
    speaks = speakers(i for pair in pares for i in pair)
    told = {(speaks[new], speaks[known]): answer for (new, known), answer in pares.items()}
    wanted = {pair: answer for pair, answer in told.items() if pair[0] != pair[1]}
    known = _known_pairs([persona for persona, _otra in wanted])
    moment, actor = clock.now(), current_actor()
    rows = [
        {
            "id": uuid7(),
            "persona_id": persona,
            "otra_id": otra,
            "activacion_id": activacion_id,
            "origen": origen,
            "respuesta": answer.value,
            "encontrado_en": moment,
            "respondido_en": None if answer is RespuestaDuplicado.SIN_RESPONDER else moment,
            "cuenta_id": actor.cuenta_id
            if actor and answer is not RespuestaDuplicado.SIN_RESPONDER
            else None,
        }
        for (persona, otra), answer in wanted.items()
        if (persona, otra) not in known
    ]
    bulk_insert(db.session, PosibleDuplicado, rows)
    return sum(row["respuesta"] in WAITING for row in rows)


WAITING = (RespuestaDuplicado.SIN_RESPONDER.value, RespuestaDuplicado.NO_SE.value)
"""Somebody still has to say."""


def _known_pairs(ids: list[UUID]) -> set[tuple[UUID, UUID]]:
    found: set[tuple[UUID, UUID]] = set()
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = run(select(_D.c.persona_id, _D.c.otra_id).where(_D.c.persona_id.in_(chunk)))
        found.update((r.persona_id, r.otra_id) for r in rows)
    return found


def answer_duplicado(duplicado_id: UUID, respuesta: str) -> PosibleDuplicado:
    """Write what somebody says of a pair, in place of what was said before.

    :raises RuleBroken: `respuesta_desconocida`.
    """
    if respuesta not in {"misma", "distinta", "no_se"}:
        raise RuleBroken("respuesta_desconocida", "Elija «Es la misma», «No es» o «No sé».", "respuesta")
    row = db.session.get_one(PosibleDuplicado, duplicado_id, with_for_update=True)
    actor = current_actor()
    row.respuesta, row.respondido_en = respuesta, clock.now()
    row.cuenta_id = actor.cuenta_id if actor else None
    db.session.flush()
    return row
